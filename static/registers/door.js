// Finding a pupil at the hatch: type part of a name, Enter takes the first, and the time is next.
// Names are found in the page, so that none ever stands in an address. Without this the list itself works.

const MOST = 8;
const select = document.getElementById("pupil");
const time = document.getElementById("time");
const form = document.getElementById("door");
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const people = [...select.options]
  .filter((option) => option.value)
  .map((option) => ({ value: option.value, name: option.text, more: option.dataset.more, text: plain(option.text) }));

const box = document.createElement("input");
const list = document.createElement("ul");
let found = [];
let at = 0;

function build() {
  box.className = "form-control";
  box.id = "pupil";
  box.type = "text";
  box.autocomplete = "off";
  box.spellcheck = false;
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "found",
  })) box.setAttribute(name, value);
  list.id = "found";
  list.className = "door__found";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Pupils found");
  list.hidden = true;
  select.id = "chosen";
  select.hidden = true;
  select.after(box, list);
  if (select.value) box.value = select.selectedOptions[0].text;
}

function show() {
  list.replaceChildren(
    ...found.map((person, place) => {
      const item = document.createElement("li");
      item.id = `found-${place}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(place === at));
      const name = document.createElement("strong");
      name.textContent = person.name;
      const more = document.createElement("span");
      more.className = "soft small";
      more.textContent = person.more;
      item.append(name, more);
      return item;
    }),
  );
  const open = found.length > 0;
  list.hidden = !open;
  box.setAttribute("aria-expanded", String(open));
  if (open) {
    box.setAttribute("aria-activedescendant", `found-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  } else {
    box.removeAttribute("aria-activedescendant");
  }
}

function search() {
  const parts = plain(box.value).split(/[\s,]+/).filter(Boolean);
  found = parts.length === 0 ? [] : people.filter((one) => parts.every((part) => one.text.includes(part)));
  // Who begins with what was typed stands before who merely contains it.
  found.sort((a, b) => Number(b.text.startsWith(parts[0])) - Number(a.text.startsWith(parts[0])));
  found = found.slice(0, MOST);
  at = 0;
  select.value = "";
  show();
}

function choose(person) {
  if (person) {
    select.value = person.value;
    box.value = person.name;
  }
  found = [];
  show();
}

function take(person) {
  choose(person);
  time.focus();
}

function key(event) {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (found.length === 0) return;
    at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    show();
  } else if (event.key === "Enter") {
    if (found.length > 0) take(found[at]);
    else if (select.value) time.focus();
  } else if (event.key === "Escape") {
    box.value = "";
    search();
  } else {
    return;
  }
  event.preventDefault();
}

build();
box.addEventListener("input", search);
box.addEventListener("keydown", key);
box.addEventListener("blur", () => {
  choose(select.value ? undefined : found[at]);
});
list.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  const item = event.target.closest("li");
  if (item) take(found[[...list.children].indexOf(item)]);
});
time.addEventListener("focus", () => time.select());
form.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => delete form.dataset.sent);
if (!form.hidden) (select.value ? time : box).focus();
