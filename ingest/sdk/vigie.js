/* Vigie's browser SDK. <script defer src="https://HOST/sdk/vigie.js" data-key="vgw_…"></script>
   No cookies. The visitor's id lives as long as the tab, or longer with data-remember. Values typed into forms are never read. */
(function (w, d, n) {
  "use strict";
  var script = d.currentScript || {}, set = script.dataset || {};
  var key = set.key, url = (set.host || new URL(script.src, d.baseURI).origin) + "/api/v1/events";
  var STORE = "vigie", FULL = 10, WAIT = 2000, MOST = 200, LONGEST = 60000;
  var queue = [], timer = 0, failures = 0, sending = false, user = null, account = null, shown = false, forms = new WeakSet();

  function kept(name, value, long) {
    try {
      var box = long ? w.localStorage : w.sessionStorage;
      if (value === undefined) return box.getItem(STORE + name);
      value === null ? box.removeItem(STORE + name) : box.setItem(STORE + name, value);
    } catch (e) { /* storage may be forbidden */ }
    return null;
  }
  function id() {
    if (w.crypto && crypto.randomUUID) return crypto.randomUUID();
    return "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".replace(/x/g, function () { return (Math.random() * 16 | 0).toString(16); });
  }
  var remember = "remember" in set, visitor = kept("id", undefined, remember);
  if (!visitor) { visitor = id(); kept("id", visitor, remember); }
  function refused() { return n.doNotTrack === "1" || n.globalPrivacyControl === true || kept("out", undefined, true) === "1"; }

  function add(event, soon) {
    if (!key || refused()) return;
    event.id = id();
    event.ts = Date.now();
    event.anonymous_id = visitor;
    if (user) event.user_id = user;
    if (account) event.account_id = account;
    event.context = { url: location.href, referrer: d.referrer };
    if (queue.push(event) > MOST) queue.shift();
    if (soon || queue.length >= FULL) send(); else if (!timer) timer = setTimeout(send, WAIT);
  }
  function letter(events) {
    return JSON.stringify({ key: key, sent_at: Date.now(), events: events,
      context: { locale: n.language, screen: screen.width + "x" + screen.height } });
  }
  function later(seconds) {
    failures++;
    kept("queue", JSON.stringify(queue.slice(-MOST)), true);
    timer = setTimeout(send, Math.max(seconds * 1000, Math.min(LONGEST, 1000 * Math.pow(2, failures)) * (0.5 + Math.random())));
  }
  function send() {
    clearTimeout(timer); timer = 0;
    if (sending || !queue.length) return;
    if (n.onLine === false) return later(0);
    var batch = queue.slice(0, 50);
    sending = true;
    // As plain text the request needs no question before it.
    fetch(url, { method: "POST", body: letter(batch), headers: { "Content-Type": "text/plain" }, credentials: "omit", keepalive: batch.length < 30 })
      .then(function (r) {
        sending = false;
        if (r.status === 429 || r.status >= 500) return later(+r.headers.get("Retry-After") || 0);
        queue.splice(0, batch.length);
        failures = 0;
        kept("queue", null, true);
        if (queue.length) send();
      }, function () { sending = false; later(0); });
  }
  function leave() {
    vitals();
    if (!shown) view();
    while (queue.length) {
      var batch = queue.splice(0, 20);
      if (!n.sendBeacon || !n.sendBeacon(url, new Blob([letter(batch)], { type: "text/plain" }))) {
        queue = batch.concat(queue);
        kept("queue", JSON.stringify(queue), true);
        return;
      }
    }
  }

  function track(name, properties) { add({ type: "track", name: name, properties: properties || {} }); }
  function view(properties) {
    var entry = !shown && performance.getEntriesByType && performance.getEntriesByType("navigation")[0], event = { type: "page", title: d.title, properties: properties || {} };
    if (entry && entry.loadEventStart > 0) event.duration_ms = Math.round(entry.loadEventStart);
    shown = true;
    add(event);
  }
  function formName(form) { return (form && (form.getAttribute("name") || form.id || form.getAttribute("action"))) || "form"; }
  function formError(form, field, message) {
    add({ type: "form_error", data: { form: String(form), field: String(field), message: String(message || "invalid").slice(0, 200) } });
  }

  var seen = {};
  function watch(type, take, more) {
    try { new PerformanceObserver(function (list) { list.getEntries().forEach(take); }).observe(Object.assign({ type: type, buffered: true }, more)); } catch (e) { /* not in this browser */ }
  }
  watch("largest-contentful-paint", function (e) { seen.lcp = Math.round(e.startTime); });
  watch("paint", function (e) { if (e.name === "first-contentful-paint") seen.fcp = Math.round(e.startTime); });
  watch("layout-shift", function (e) { if (!e.hadRecentInput) seen.cls = Math.round(((seen.cls || 0) + e.value) * 1e4) / 1e4; });
  watch("event", function (e) { if (e.interactionId) seen.inp = Math.max(seen.inp || 0, Math.round(e.duration)); }, { durationThreshold: 40 });
  function vitals() {
    var entry = performance.getEntriesByType && performance.getEntriesByType("navigation")[0];
    if (entry) seen.ttfb = Math.round(entry.responseStart);
    if (Object.keys(seen).length) { track("web_vitals", seen); seen = {}; vitals = function () {}; }
  }

  function error(message, at) {
    add({ type: "error", data: { message: String(message).slice(0, 500), severity: "error", service: set.service || location.hostname,
      attributes: { at: String(at || "").slice(0, 300), path: location.pathname } } });
  }
  w.addEventListener("error", function (e) { if (e.message) error(e.message, e.filename + ":" + e.lineno); });
  w.addEventListener("unhandledrejection", function (e) { error((e.reason && e.reason.message) || e.reason || "unhandled rejection"); });
  d.addEventListener("click", function (e) {
    var link = e.target.closest && e.target.closest("a[href]");
    if (link && link.hostname && link.hostname !== location.hostname) track("outbound_link", { href: link.origin + link.pathname });
  }, true);
  d.addEventListener("focusin", function (e) {
    var form = e.target.form;
    if (form && !forms.has(form)) { forms.add(form); track("form_start", { form: formName(form) }); }
  });
  d.addEventListener("submit", function (e) { track("form_submit", { form: formName(e.target) }); }, true);
  d.addEventListener("invalid", function (e) {
    var why = "invalid", validity = e.target.validity;
    for (var name in validity) if (validity[name] === true && name !== "valid") why = name;
    formError(formName(e.target.form), e.target.name || e.target.id || "field", why);
  }, true);
  ["pushState", "replaceState"].forEach(function (name) {
    var own = history[name];
    history[name] = function () {
      var before = location.pathname, answer = own.apply(this, arguments);
      if (location.pathname !== before) view();
      return answer;
    };
  });
  w.addEventListener("popstate", function () { view(); });
  d.addEventListener("visibilitychange", function () { if (d.visibilityState === "hidden") leave(); });
  w.addEventListener("pagehide", leave);
  w.addEventListener("online", send);
  try { queue = JSON.parse(kept("queue", undefined, true) || "[]"); kept("queue", null, true); } catch (e) { queue = []; }
  if (d.readyState === "complete") view(); else w.addEventListener("load", function () { setTimeout(function () { if (!shown) view(); }); });

  w.vigie = {
    track: track, page: view, flush: send, formError: formError,
    identify: function (who, traits) { user = String(who); add({ type: "identify", traits: traits || {} }, true); },
    group: function (which, traits) { account = String(which); add({ type: "group", traits: traits || {} }); },
    /* One step of a funnel: step("signup", "success"), step("booking", "start"), step("payment", "attempt", {method: "card"}). */
    step: function (funnel, step, properties) { track(funnel + "_" + step, properties); },
    /* The errors object of a form library: names of fields, never what was typed. */
    formErrors: function (form, errors) {
      Object.keys(errors || {}).forEach(function (field) { formError(form, field, (errors[field] && (errors[field].type || errors[field].code)) || "invalid"); });
    },
    optOut: function () { kept("out", "1", true); queue = []; },
    optIn: function () { kept("out", null, true); },
  };
})(window, document, navigator);
