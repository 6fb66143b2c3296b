// Keeps an open page fresh. Without this script the page is the same, as of when it was loaded.
const EVERY_MS = 1000; // the least time between two looks at the page
const JOB_EVERY_MS = 2000; // while a job runs: its end may fall between two events
const AGAIN_MS = 60000; // after the service has refused the stream

const state = document.getElementById("live");
// "stream" alone is below the address of this page: the page of a share does not name its secret address
const here = new URL(`${location.pathname}/`, location.href);
const { live } = document.body.dataset; // one with a query of its own keeps it
const url = new URL(live.includes("?") ? live : `${live}?events=change,job`, here);
const asHtml = (text) => text;
const policy = globalThis.trustedTypes?.createPolicy("mailpixel", { createHTML: asHtml }) ?? { createHTML: asHtml };
let source = null;
let timer = 0;
let jobTimer = 0;
let looking = false;
let wanted = false;
let lookedAt = -EVERY_MS;

function say(words) {
  if (state.textContent !== words) state.textContent = words;
}

function has(part, element) {
  return element !== null && element !== document.body && part.contains(element);
}

// Replaces what differs, but nothing in which somebody is at work. Returns whether a part is left for later.
function replaceParts(fresh) {
  let left = false;
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (next === null || !part.isConnected) continue;
    const open = [...part.querySelectorAll("details")].map((each) => each.open);
    next.querySelectorAll("details").forEach((each, number) => { each.open = open[number] ?? each.open; });
    if (next.outerHTML === part.outerHTML) continue;
    if (has(part, document.activeElement)) left = true;
    else part.replaceWith(document.adoptNode(next));
  }
  return left;
}

async function look() {
  timer = 0;
  looking = true;
  wanted = false;
  lookedAt = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok && !answer.redirected) {
      const text = policy.createHTML(await answer.text());
      wanted = replaceParts(new DOMParser().parseFromString(text, "text/html"));
    }
  } catch {
    // the stream says when the service is there again
  }
  looking = false;
  awaitJob();
}

function awaitJob() {
  clearTimeout(jobTimer);
  if (document.querySelector("progress[data-job]") && !document.hidden) jobTimer = setTimeout(lookSoon, JOB_EVERY_MS);
}

function lookSoon() {
  wanted = true;
  if (timer || looking) return;
  timer = setTimeout(() => look().then(() => { if (wanted && !focused()) lookSoon(); }),
    Math.max(0, lookedAt + EVERY_MS - performance.now()));
}

function focused() {
  return document.activeElement?.closest("[data-part]") ?? null;
}

function showJob(event) {
  const { job, rows, bytes, of } = JSON.parse(event.data);
  const name = CSS.escape(job);
  for (const bar of document.querySelectorAll(`progress[data-job="${name}"]`)) {
    bar.max = of || 1;
    if (of) bar.value = bytes;
    else bar.removeAttribute("value");
  }
  const grouped = rows.toLocaleString("en").replaceAll(",", "\u202f");
  for (const each of document.querySelectorAll(`[data-job-rows="${name}"]`)) each.textContent = grouped;
  if (of && bytes >= of) lookSoon();
}

function listen() {
  if (source !== null || document.hidden) return;
  source = new EventSource(url);
  source.addEventListener("open", () => { say("Live"); lookSoon(); });
  source.addEventListener("change", lookSoon);
  source.addEventListener("envelope", lookSoon);
  source.addEventListener("job", showJob);
  source.addEventListener("error", () => {
    say("Not live at the moment");
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    setTimeout(listen, AGAIN_MS);
  });
}

function rest() {
  source?.close();
  source = null;
  say("");
}

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
document.addEventListener("focusout", () => { if (wanted) lookSoon(); });
addEventListener("pagehide", rest);
listen();
awaitJob();
