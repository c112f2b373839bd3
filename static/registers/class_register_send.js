// Sending the register while the network comes and goes. The answer is the page itself, as it stands afterwards.

const LONGEST_WAIT = 30_000;
const PATIENCE = 15_000;

const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);

/** Post the form. Gives back how it went, and the page where there is one; sending twice changes nothing. */
export async function post(form) {
  const body = new URLSearchParams(new FormData(form));
  // Whoever signs in again in another tab has a new token in the cookie; the one in the page is then old.
  const token = cookie("csrftoken");
  if (token) body.set("csrfmiddlewaretoken", token);
  let response;
  let text;
  try {
    response = await fetch(location.pathname, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) });
    text = await response.text();
  } catch {
    return { how: "waiting" };
  }
  if (response.status >= 500 || response.status === 429) return { how: "waiting" };
  // Any other page (of signing in, or of a refusal) is not worth reading.
  if (!text.includes('id="register"')) return { how: isSignedOut(form, response) ? "signed-out" : "refused" };
  const page = new DOMParser().parseFromString(text, "text/html");
  const theirs = page.getElementById("register");
  if (whose(theirs) !== whose(form)) return { how: "somebody-else" };
  return { how: response.ok ? "sent" : "answered", page };
}

const whose = (form) => form.dataset.key.split(".")[0];
const isSignedOut = (form, response) =>
  response.status === 403 || new URL(response.url).pathname === form.dataset.signIn;

/** Work that is tried again, later each time, and at once when the network or the tab comes back. */
export function retrying(work) {
  let timer = 0;
  let tries = 0;
  let isWanted = false;
  const again = () => {
    clearTimeout(timer);
    work();
  };
  const wake = () => isWanted && document.visibilityState === "visible" && again();
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  addEventListener("focus", wake);
  return {
    later() {
      isWanted = true;
      clearTimeout(timer);
      timer = setTimeout(again, Math.min(LONGEST_WAIT, 2000 * 2 ** tries));
      tries += 1;
    },
    onReturn() {
      isWanted = true;
      clearTimeout(timer);
    },
    done() {
      isWanted = false;
      tries = 0;
      clearTimeout(timer);
    },
    get isWaiting() {
      return isWanted;
    },
  };
}
