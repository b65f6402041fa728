// Posts what the page asks for, once: the ticket of a fresh sign-in, or the end of a session. The answer is a cookie.
for (const note of document.querySelectorAll("[data-vigie-post]:not([data-sent])")) {
  note.dataset.sent = "true";
  fetch(note.dataset.vigiePost, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket: note.dataset.ticket ?? "", csrf: note.dataset.csrf }),
  });
}
