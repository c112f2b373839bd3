// A button that prints the page, where there is a browser that can.

const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
