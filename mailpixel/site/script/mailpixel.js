/* The script of web pages: sends page views and shop events of one site, as far as its visitor agreed.

   `npm install && npm run build` in this folder makes mailpixel.min.js, and the service puts the settings of a site
   where __SITE__ stands: {
     to: "https://t.shop.example/p/KEY",   where events go
     ask: true,                            nothing is sent before the visitor agreed
     names: ["quiz_done"],                 event names of the site's own
     keep: ["variant"],                    query parameters that stay in addresses
     domain: "shop.example"                of the cookie of visitors who agreed to be known again; empty: this host
   }

   An event is sent when it happens, never at the end of a page: browsers lose much of what is sent there. What waits
   for consent or for the network waits in memory and ends with the page. The only thing ever stored is the
   cookie `mp_vid`, with consent to `identify`. */
((w, d, site) => {
  const { location, history, navigator } = w;
  const PURPOSES = ["measure", "identify", "share", "personalise"];
  const SHOP = /^(view_(item(_list)?|cart)|select_item|(add_to|remove_from)_cart|begin_checkout|add_(shipping|payment)_info|purchase|sign_up|generate_lead)$/;
  const CAMPAIGN = /^(utm_\w+|g(clid|braid)|wbraid|fbclid|ttclid|msclkid)$/;
  const COOKIE = /(?:^|; )mp_vid=([\w-]{22})(?:;|$)/;
  const CLICK = /([?&])mp_cid=([\w-]{43})(&|$)/;
  const MOST_WAITING = 50;
  const MOST_EVENTS = 20; // of one envelope
  const MOST_CHARACTERS = 18e3; // at most three bytes each, and a browser lets 64 KiB outlive a page
  const MOST_IN_ADDRESS = 4e3; // characters of an envelope that an image carries
  const MOST_TRIES = 6;

  let queue = []; // what happened and was not sent: [moment, JSON of the event]
  let view, page, unseen, click, planned, tries = 0, byImage;
  let granted = site.ask ? {} : { measure: true };
  let proof = { source: "none_needed" };
  let decided; // somebody was asked
  let isLeft; // the page is no longer the one of its tab
  let isSent; // anything that a withdrawal would be about
  let withdrawals = 0; // what was under way at one is never sent again

  // Small things

  const random = () =>
    btoa(String.fromCharCode(...w.crypto.getRandomValues(new Uint8Array(16))))
      .replace(/\+/g, "-").replace(/\//g, "_").slice(0, 22);

  const clean = () => {
    const kept = [...new URLSearchParams(location.search)].filter(
      ([name]) => CAMPAIGN.test(name) || site.keep.includes(name));
    return location.origin + location.pathname + (kept[0] ? "?" + new URLSearchParams(kept) : "");
  };

  // Global Privacy Control leaves nothing but measuring, and that only where somebody was asked and agreed.
  const may = (purpose) =>
    granted.measure && granted[purpose] && !(navigator.globalPrivacyControl && (!decided || purpose != "measure"));

  // The id of visitors who agreed to be known again

  const keepCookie = (value, age) => {
    d.cookie = "mp_vid=" + value + ";path=/;samesite=lax;max-age=" + age +
      (site.domain && ";domain=" + site.domain) + (location.protocol == "https:" ? ";secure" : "");
  };
  const known = () => (COOKIE.exec(d.cookie) || [])[1];
  const visitor = () => {
    const id = known() || random();
    keepCookie(id, 33696e3); // 390 days from the last visit
    return id;
  };

  // Sending

  const post = (body, done, failed) => {
    const asked = proof;
    const query = encodeURIComponent(body), fits = query.length < MOST_IN_ADDRESS;
    const image = () => {
      const image = new Image();
      image.onload = () => { byImage = 1; done(); };
      image.onerror = () => { byImage = 0; failed(); };
      image.src = site.to + ".gif?e=" + query;
    };
    if (byImage && fits) image();
    else if ("keepalive" in Request.prototype)
      // A policy of the page or a blocker may forbid this and allow images. What was decided anew meanwhile may forbid
      // this body. For a page that is left the request fails too, though it arrives.
      fetch(site.to, { method: "POST", body, mode: "no-cors", credentials: "omit", keepalive: true })
        .then(done, () => isLeft || (fits && asked == proof && navigator.onLine ? image() : failed()));
    else if (navigator.sendBeacon(site.to, body)) done();
    else failed();
  };

  const envelope = (fields) => ({ v: 1, sent_ms: Date.now(), proof, ...fields });

  // One envelope. What is left goes when this one has arrived: browsers limit what is on its way and may outlive a page.
  const flush = () => {
    planned = 0;
    if (!queue[0] || !may("measure")) return;
    const most = byImage ? MOST_IN_ADDRESS / 4 : MOST_CHARACTERS;
    let count = 0, size = 0;
    do size += queue[count++][1].length;
    while (queue[count] && count < MOST_EVENTS && size + queue[count][1].length < most);
    const batch = queue.splice(0, count);
    const identify = may("identify"), carried = identify ? click : undefined;
    if (identify) click = undefined;
    const head = JSON.stringify(envelope({
      consent: PURPOSES.filter(may),
      click: carried,
      visitor: identify ? visitor() : undefined,
      gpc: navigator.globalPrivacyControl || undefined,
      automated: navigator.webdriver || undefined,
    }));
    const events = batch.map(([at, event]) => '{"age_ms":' + Math.max(0, Date.now() - at) + "," + event.slice(1));
    const before = withdrawals;
    isSent = 1;
    post(head.slice(0, -1) + ',"events":[' + events + "]}", () => { tries = 0; plan(); }, () => {
      if (before != withdrawals) return;
      click ||= carried;
      queue = batch.concat(queue).slice(-MOST_WAITING);
      if (tries < MOST_TRIES) setTimeout(flush, 2 ** tries++ * 1e3);
    });
  };
  // After what runs now, so that what happens at one moment goes together.
  const plan = () => { planned = planned || Promise.resolve().then(flush); };

  const record = (fields) => {
    if (granted.measure == false) return;
    queue = queue.slice(1 - MOST_WAITING);
    queue.push([Date.now(), JSON.stringify({ view, ...fields })]);
    plan();
  };

  // Events

  const track = (name, data, id) => {
    try {
      const text = JSON.stringify(data || undefined); // as it is now: the page may change it before it is sent
      data = text.length < MOST_CHARACTERS ? JSON.parse(text) : { ...data, items: undefined };
    } catch (_) { data = undefined; } // nothing, or no JSON: a circle, an element of the page
    const order = name == "purchase" && data && data.transaction_id;
    record({ name, id: id || (order ? "purchase:" + order : random()), url: clean(), data });
  };

  const look = (nav) => {
    page = clean();
    view = random();
    unseen = nav;
    show();
  };
  // A page is counted when somebody sees it.
  const show = () => {
    if (!unseen || d.visibilityState == "hidden") return;
    const from = unseen == "load" && /^https?:\/\/[^/]+/.exec(d.referrer);
    record({
      name: "page_view", id: view, url: page, nav: unseen,
      referrer: from && from[0] != location.origin ? from[0] : undefined,
    });
    unseen = 0;
  };

  const moved = () => { if (clean() != page) look("route"); };

  // Consent

  const decide = (choice, source, more) => {
    for (const purpose of PURPOSES) if (purpose in choice) granted[purpose] = !!choice[purpose];
    proof = { source, ...more };
    if ("measure" in choice) decided = 1;
    if (granted.measure == false) queue = [], click = undefined, withdrawals++;
    if ((granted.measure == false || granted.identify == false) && known()) keepCookie("", 0);
    if (isSent && !may("measure")) {
      isSent = 0;
      post(JSON.stringify(envelope({ withdrawn: 1, events: [] })), plan, plan);
    }
    plan();
  };

  const google = (fields) => {
    const choice = {};
    const put = (name, ...purposes) => {
      if (name in fields) for (const purpose of purposes) choice[purpose] = fields[name] == "granted";
    };
    put("analytics_storage", "measure", "identify");
    put("ad_user_data", "share");
    put("ad_personalization", "personalise");
    decide(choice, "google");
  };

  const framework = () => w.__tcfapi && !w.__tcfapi("addEventListener", 2, (data, isGood) => {
    // Where the law does not apply nobody was asked, and that is no decision.
    if (!isGood || data.gdprApplies === false || !/^(tcloaded|useractioncomplete)$/.test(data.eventStatus)) return;
    const all = (...purposes) => purposes.every((number) => data.purpose && data.purpose.consents[number]);
    decide(
      { measure: all(1, 8), identify: all(1, 7, 8), share: all(1, 7), personalise: all(1, 3, 4) },
      "tcf", { tcf: data.tcString });
  });

  // What other tags write down

  const take = (entry) => {
    try {
      const isShop = (name) => SHOP.test(name) || site.names.includes(name);
      if (entry[0] == "consent") entry[1] == "update" && google(entry[2]);
      else if (entry[0] == "event") isShop(entry[1]) && track(entry[1], entry[2]);
      else if (isShop(entry.event)) track(entry.event, entry.ecommerce || undefined);
    } catch (_) { /* an entry of another tag never breaks the page */ }
  };

  const listen = (layer) => {
    [...layer].forEach(take);
    const { push } = layer;
    layer.push = function (...entries) {
      const result = push.apply(this, entries);
      entries.forEach(take);
      return result;
    };
  };

  // The beginning

  const calls = {
    track,
    consent: (choice, { version } = {}) => decide(choice, "api", { version }),
    view: () => look("call"),
  };
  const call = (name, ...values) => {
    try { calls[name](...values); } catch (_) { /* a wrong call never breaks the page */ }
  };

  const start = () => {
    const found = CLICK.exec(location.search);
    if (found) {
      click = found[2];
      const search = location.search.replace(CLICK, (_, before, _click, after) => (after ? before : ""));
      try { history.replaceState(history.state, "", location.pathname + search + location.hash); } catch (_) { /* sandboxed */ }
    }
    look("load");
    const earlier = waiting.q || [];
    w.mailpixel = call;
    call.v = 1;
    earlier.forEach((values) => call(...values));
    listen((w.dataLayer = w.dataLayer || []));
    framework() || w.addEventListener("load", framework);
    for (const name of ["pushState", "replaceState"]) {
      const change = history[name];
      history[name] = function (...values) {
        const result = change.apply(this, values);
        Promise.resolve().then(moved);
        return result;
      };
    }
    w.addEventListener("popstate", moved);
    w.addEventListener("pagehide", () => { isLeft = 1; });
    w.addEventListener("pageshow", (event) => {
      isLeft = 0;
      if (event.persisted) look("restored");
    });
    w.addEventListener("online", flush);
    d.addEventListener("visibilitychange", () => {
      show();
      flush();
    });
  };

  // Until the start calls wait where the snippet of the page put them.
  const waiting = (w.mailpixel = w.mailpixel || function () { (waiting.q = waiting.q || []).push(arguments); });
  if (waiting.v) return;
  waiting.v = 1;
  // A page made ahead is no page seen: nothing happens before it is shown.
  if (d.prerendering) d.addEventListener("prerenderingchange", start, { once: true });
  else start();
})(window, document, __SITE__);
