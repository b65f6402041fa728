/* A small marketplace: sign up, find an expert, book, pay. Every step is an event of the shipped SDK; nothing is really sold. */
(function () {
  "use strict";
  var SAID = {
    en: {
      experts: "Experts", signUp: "Sign up", about: "A demonstration shop of Vigie: what you do here is on its Live page within two seconds.",
      welcome: "Talk to the right expert today", welcomeNote: "Law, tax, career: a call of twenty minutes, a fixed price.", find: "Find an expert",
      search: "Subject", go: "Search", book: "Book a call", perCall: "per call", email: "E-mail", password: "Password, 8 characters or more",
      create: "Create the account", created: "Welcome! Your account is ready.", when: "When", now: "Now", tomorrow: "Tomorrow at 10", toPay: "Go to payment",
      method: "Payment method", card: "Card", transfer: "Bank transfer", declined: "A card that is declined", pay: "Pay", failed: "The card was declined. Choose another method.",
      done: "Booked. Your expert calls you.", again: "Back to the experts", sent: "Events of this visit: "
    },
    fr: {
      experts: "Experts", signUp: "S’inscrire", about: "Une boutique de démonstration de Vigie : ce que vous faites ici est sur sa page En direct en deux secondes.",
      welcome: "Parlez au bon expert dès aujourd’hui", welcomeNote: "Droit, impôts, carrière : un appel de vingt minutes à prix fixe.", find: "Trouver un expert",
      search: "Sujet", go: "Rechercher", book: "Réserver un appel", perCall: "par appel", email: "E-mail", password: "Mot de passe, 8 caractères ou plus",
      create: "Créer le compte", created: "Bienvenue ! Votre compte est prêt.", when: "Quand", now: "Maintenant", tomorrow: "Demain à 10 h", toPay: "Passer au paiement",
      method: "Moyen de paiement", card: "Carte", transfer: "Virement", declined: "Une carte refusée", pay: "Payer", failed: "La carte a été refusée. Choisissez un autre moyen.",
      done: "C’est réservé. Votre expert vous appelle.", again: "Retour aux experts", sent: "Événements de cette visite : "
    }
  };
  var EXPERTS = [
    { id: "e1", name: "Claire Moreau", subject: "tax", price: 4900 }, { id: "e2", name: "Jonas Weber", subject: "law", price: 6900 },
    { id: "e3", name: "Inès Garcia", subject: "career", price: 3900 }, { id: "e4", name: "Tom Baker", subject: "law", price: 5900 }
  ];
  var said = SAID[/^fr/.test(navigator.language) ? "fr" : "en"], view = document.getElementById("view"), chosen = EXPERTS[0], count = 0;
  document.documentElement.lang = said === SAID.fr ? "fr" : "en";

  function step(funnel, name, properties) {
    window.vigie.step(funnel, name, properties || {});
    count++;
    document.getElementById("sent").textContent = said.sent + count;
  }
  function make(tag, attributes, parts) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    (parts || []).forEach(function (part) { node.append(part); });
    return node;
  }
  function link(to, text) { return make("a", { href: "/demo/site/" + to, "data-go": to }, [text]); }
  function field(name, text, attributes) { return make("label", {}, [text, make("input", Object.assign({ name: name, required: "" }, attributes))]); }
  function price(minor) { return (minor / 100).toLocaleString(document.documentElement.lang, { style: "currency", currency: "EUR" }); }

  function home() {
    return [make("h1", {}, [said.welcome]), make("p", {}, [said.welcomeNote]), link("experts", said.find)];
  }
  function experts() {
    var list = make("div", { class: "cards" });
    function fill(subject) {
      list.replaceChildren.apply(list, EXPERTS.filter(function (e) { return !subject || e.subject === subject; }).map(function (e) {
        var button = make("button", { type: "button", "data-expert": e.id }, [said.book]);
        button.addEventListener("click", function () {
          chosen = e;
          step("booking", "provider_view", { provider: e.id, subject: e.subject });
          go("booking/" + e.id);
        });
        return make("div", { class: "card" }, [make("h2", {}, [e.name]), make("p", {}, [e.subject + " · " + price(e.price) + " " + said.perCall]), button]);
      }));
    }
    var choice = make("select", { name: "subject" }, ["", "law", "tax", "career"].map(function (s) { return make("option", { value: s }, [s || "…"]); }));
    var form = make("form", { name: "search" }, [make("label", {}, [said.search, choice]), make("button", {}, [said.go])]);
    form.addEventListener("submit", function (e) {
      e.preventDefault();
      step("booking", "search", { subject: choice.value || "all" });
      fill(choice.value);
    });
    fill("");
    return [make("h1", {}, [said.experts]), form, list];
  }
  function signUp() {
    var form = make("form", { name: "signup" }, [
      field("email", said.email, { type: "email", autocomplete: "off" }), field("password", said.password, { type: "password", minlength: "8", autocomplete: "off" }),
      make("button", {}, [said.create])
    ]);
    form.addEventListener("focusin", function () { step("signup", "form_start"); }, { once: true });
    form.addEventListener("invalid", function () { step("signup", "error"); }, true);
    form.addEventListener("submit", function (e) {
      e.preventDefault();
      step("signup", "submit");
      window.vigie.identify("demo-" + Math.random().toString(36).slice(2, 10), { kind: "individual" });
      step("signup", "success");
      view.replaceChildren(make("h1", {}, [said.created]), link("experts", said.find));
    });
    return [make("h1", {}, [said.signUp]), form];
  }
  function booking() {
    var when = make("select", { name: "when" }, [make("option", { value: "now" }, [said.now]), make("option", { value: "tomorrow" }, [said.tomorrow])]);
    var form = make("form", { name: "booking" }, [make("label", {}, [said.when, when]), make("button", {}, [said.toPay])]);
    step("booking", "start", { provider: chosen.id });
    form.addEventListener("submit", function (e) { e.preventDefault(); go("payment"); });
    return [make("h1", {}, [chosen.name]), make("p", {}, [price(chosen.price)]), form];
  }
  function payment() {
    var why = make("p", { class: "error", role: "alert" });
    var options = ["card", "declined", "transfer"].map(function (name, i) {
      var radio = make("input", { type: "radio", name: "method", value: name });
      radio.checked = i === 0;
      radio.addEventListener("change", function () { step("payment", "method_selected", { method: name }); });
      return make("label", {}, [radio, said[name]]);
    });
    var form = make("form", { name: "payment" }, [make("fieldset", {}, [make("legend", {}, [said.method])].concat(options)), why, make("button", {}, [said.pay + " " + price(chosen.price)])]);
    step("payment", "checkout_start", { amount: chosen.price / 100, currency: "EUR" });
    form.addEventListener("submit", function (e) {
      e.preventDefault();
      var method = new FormData(form).get("method");
      step("payment", "attempt", { method: method });
      if (method === "declined") {
        step("payment", "error", { method: method, reason: "card_declined" });
        why.textContent = said.failed;
        return;
      }
      step("payment", "success", { method: method, amount: chosen.price / 100, currency: "EUR" });
      step("booking", "complete", { provider: chosen.id });
      go("done");
    });
    return [make("h1", {}, [said.pay]), form];
  }
  function done() { return [make("h1", {}, [said.done]), link("experts", said.again)]; }

  var VIEWS = { "": home, home: home, experts: experts, "sign-up": signUp, booking: booking, payment: payment, done: done };
  function where() { return location.pathname.replace(/^\/demo\/site\/?/, ""); }
  function show() {
    var draw = VIEWS[where().split("/")[0]] || home;
    view.replaceChildren.apply(view, draw());
  }
  var TITLES = { experts: "Experts", "sign-up": "Sign up", booking: "Booking", payment: "Payment", done: "Booked" };
  function name(to) { document.title = (TITLES[to.split("/")[0]] || "Home") + " · Allo Expert"; }
  function go(to) { name(to); history.pushState({}, "", "/demo/site" + (to && to !== "home" ? "/" + to : "")); show(); }

  document.querySelectorAll("[data-said]").forEach(function (node) { node.textContent = said[node.dataset.said]; });
  document.addEventListener("click", function (e) {
    var target = e.target.closest && e.target.closest("[data-go]");
    if (target) { e.preventDefault(); go(target.dataset.go); }
  });
  window.addEventListener("popstate", function () { name(where()); show(); });
  name(where());
  show();
})();
