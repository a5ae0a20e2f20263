// Counts what happens on a page. Each event carries (uid, page, n), n without gaps, so that a reader can tell what
// came twice and what is missing. What the server has not yet taken waits in a bounded queue and is tried again.
//
//   <script src="/s.js" data-capture="click scroll move" defer></script>      beacon.count("buy", {item: 42})
(() => {
  "use strict";
  const script = document.currentScript;
  const endpoint = new URL("e", script.src).href;
  const capture = new Set((script.dataset.capture ?? "click scroll").split(/\s+/));
  const gap = Number(script.dataset.gap ?? 250); // least milliseconds between two requests

  const QUEUE_MOST = 1000, BATCH_MOST = 100, EVENT_BYTES = 8000;
  const BATCH_BYTES = 48_000; // browsers allow 64 KiB to all beacons in flight together
  const BACKOFF_FIRST = 250, BACKOFF_MOST = 30_000, ANSWER_WITHIN = 10_000;
  const KEPT = "beacon:"; // in localStorage, what an earlier page could not deliver: KEPT + page

  const hex = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const uid = /(?:^|;\s*)uid=([0-9a-f]{32})/.exec(document.cookie)?.[1] ?? hex(); // the server sets it with this script
  const page = hex().slice(0, 16); // one showing of one page
  const size = (text) => new TextEncoder().encode(text).length;

  let queue = []; // {n, text, bytes, page, parted}, oldest first
  let n = 0, busy = false, unreported = 0, batchMost = BATCH_MOST, wake = () => {};
  const state = { uid, page, counted: 0, accepted: 0, requests: 0, retries: 0, dropped: 0, get waiting() { return queue.length; } };
  const tell = (what, events = []) =>
    dispatchEvent(new CustomEvent("beacon", { detail: { what, state, numbers: events.filter((e) => e.page === page).map((e) => e.n) } }));

  function drop(count) {
    state.dropped += count;
    unreported += count;
    tell("dropped");
  }

  // The number the event got, or 0 where it had to be dropped: dropped events take no number, their count is an event.
  function count(kind, data = {}) {
    if (unreported && queue.length < QUEUE_MOST - 1) {
      const lost = unreported;
      unreported = 0;
      enqueue("dropped", { count: lost });
    }
    const number = queue.length < QUEUE_MOST ? enqueue(kind, data) : 0;
    if (!number) drop(1);
    send();
    return number;
  }

  function enqueue(kind, data) {
    const text = JSON.stringify({ uid, page, n: n + 1, kind, at: Date.now(), data });
    const bytes = size(text);
    if (bytes > EVENT_BYTES) return 0;
    n += 1;
    queue.push({ n, text, bytes, page, parted: false });
    state.counted += 1;
    tell("counted");
    return n;
  }

  const sleep = (milliseconds) => new Promise((resolve) => { wake = resolve; setTimeout(resolve, milliseconds); });

  function head(events, most) {
    let bytes = 0, k = 0;
    while (k < events.length && k < most && (k === 0 || bytes + events[k].bytes + 1 <= BATCH_BYTES)) bytes += events[k++].bytes + 1;
    return events.slice(0, k);
  }

  const bodyOf = (events) => events.map((event) => event.text).join("\n");

  // What became of the events: "accepted", "refused" (the same bytes will never do), or milliseconds to wait at least.
  async function post(events) {
    try {
      const answer = await fetch(endpoint, {
        method: "POST", body: bodyOf(events), headers: { "content-type": "text/plain;charset=utf-8" },
        keepalive: true, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN),
      });
      if (answer.ok) return "accepted";
      if ([400, 413, 415].includes(answer.status)) return "refused";
      return 1000 * (Number(answer.headers.get("retry-after")) || 0);
    } catch {
      return 0; // no answer: the server may have taken them; the number n tells the reader
    }
  }

  async function send() {
    if (busy) return;
    busy = true;
    for (let failures = 0; queue.length; ) {
      const events = head(queue, batchMost);
      state.requests += 1;
      const outcome = await post(events);
      if (outcome === "accepted") {
        failures = 0;
        batchMost = Math.min(BATCH_MOST, batchMost * 2);
        queue = queue.slice(events.length); // only count() adds, and it adds at the end
        state.accepted += events.length;
        keep();
        tell("accepted", events);
        await sleep(gap);
      } else if (outcome === "refused") {
        if (events.length > 1) batchMost = Math.ceil(events.length / 2); // find the one that can't be taken
        else { queue = queue.slice(1); drop(1); }
      } else {
        failures += 1;
        state.retries += 1;
        tell("retry", events);
        const backoff = Math.min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** (failures - 1));
        await sleep(Math.max(outcome, backoff * (0.5 + Math.random() / 2)));
      }
    }
    busy = false;
  }

  // The page may be going. A beacon gives no answer, so the events also stay: in the queue, and in storage for the
  // next page. Whatever arrives twice has the same number.
  function part() {
    for (;;) {
      const events = head(queue.filter((event) => !event.parted), BATCH_MOST);
      if (!events.length || !navigator.sendBeacon(endpoint, bodyOf(events))) break;
      for (const event of events) event.parted = true;
    }
    keep(true);
  }

  let kept = false;
  function keep(now = false) {
    try {
      if (now && queue.length) {
        localStorage.setItem(KEPT + page, JSON.stringify(queue.map((event) => [event.page, event.n, event.text])));
        kept = true;
      } else if (kept && !queue.length) {
        localStorage.removeItem(KEPT + page);
        kept = false;
      }
    } catch { /* storage is off or full: the beacon was the last chance */ }
  }

  function inherit() {
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(KEPT))) {
        const events = JSON.parse(localStorage.getItem(key));
        if (queue.length + events.length > QUEUE_MOST / 2) continue; // a later page takes them
        localStorage.removeItem(key);
        for (const [from, number, text] of events) queue.push({ n: number, text, bytes: size(text), page: from, parted: false });
      }
    } catch { /* storage is off, or somebody else's bytes */ }
  }

  const describe = (node) => {
    const element = node.closest?.("[data-name], [id], a, button") ?? node;
    return (element.dataset?.name ?? (element.id ? "#" + element.id : element.localName ?? "")).slice(0, 80);
  };
  const throttled = (milliseconds, run) => {
    let timer = 0, last;
    return (event) => { last = event; timer ||= setTimeout(() => { timer = 0; run(last); }, milliseconds); };
  };
  const passive = { capture: true, passive: true };
  const handlers = {
    click: ["click", (e) => count("click", { x: Math.round(e.pageX), y: Math.round(e.pageY), on: describe(e.target) })],
    move: ["pointermove", throttled(200, (e) => count("move", { x: Math.round(e.pageX), y: Math.round(e.pageY) }))],
    scroll: ["scroll", throttled(200, () => {
      const room = document.documentElement.scrollHeight - innerHeight;
      count("scroll", { depth: room > 0 ? Math.round(100 * Math.min(1, scrollY / room)) : 100 });
    })],
  };
  for (const name of capture) if (handlers[name]) addEventListener(handlers[name][0], handlers[name][1], passive);

  addEventListener("pagehide", part);
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? part() : wake()));
  addEventListener("online", () => wake());

  window.beacon = { count, state };
  inherit();
  count("view", { path: location.pathname, width: innerWidth, height: innerHeight });
})();
