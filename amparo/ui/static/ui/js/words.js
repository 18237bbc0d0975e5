// What every script needs of the page: its words in the reader's language, its icons, the token of its forms.
const body = document.body;
export const words = JSON.parse(body.dataset.words || "{}");

/** Fill %(name)s in a sentence. */
export function fill(sentence, values) {
  return sentence.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
}

/** A length of time as the server says it: at most two units, never rounded up. */
export function duration(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60000);
  const say = (key, count) => fill(words[key], { count });
  if (minutes < 1) return words.moment;
  if (minutes < 60) return say("minute", minutes);
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours < 24) return say("hour", hours) + (rest && hours < 6 ? ` ${say("minute", rest)}` : "");
  const days = Math.floor(hours / 24);
  const more = hours % 24;
  return say(days === 1 ? "day" : "days", days) + (more && days < 3 ? ` ${say("hour", more)}` : "");
}

export function csrf() {
  return JSON.parse(body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] ?? "";
}

const person = (page) => [...page.querySelectorAll("[data-follow]")].flatMap((region) => region.dataset.follow.split(" ")).find((topic) => topic.startsWith("user:"));

/** Take the token of a session that began in another tab into this page's forms; false while nobody is signed in there, or somebody else. */
export async function renew() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const held = page.body.getAttribute("hx-headers");
  if (!held || !person(document) || person(page) !== person(document)) return false;
  body.setAttribute("hx-headers", held);
  document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = csrf(); });
  return true;
}

/** What goes along with every request beside the token of forms: a page without a session says here who reads it. */
export const carried = {};

/** Post a form's values; resolves with the response, also where it refuses. A page to be led to is a refusal (401): nothing was done. */
export async function post(url, values, options = {}) {
  const data = values instanceof FormData ? values : new URLSearchParams(values);
  const answer = await fetch(url, { method: "POST", body: data, credentials: "same-origin", headers: { "X-CSRFToken": csrf(), "HX-Request": "true", ...carried }, ...options });
  return answer.headers.get("HX-Redirect") ? new Response(null, { status: 401 }) : answer;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function size(octets) {
  if (octets < 1000) return `${octets} B`;
  return octets < 1e6 ? `${Math.floor(octets / 1000)} kB` : `${(octets / 1e6).toFixed(1)} MB`;
}

export function isTyping(element) {
  return Boolean(element?.closest?.("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]"));
}
