"use strict";
// The one script of the node: it hands what the browser's authenticator says to the node, and back. It keeps nothing.
const post = async (path, body) => {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  const value = text ? JSON.parse(text) : {};
  if (!answer.ok) throw new Error([value.title, value.detail].filter(Boolean).join(" "));
  return value;
};
const run = (id, work, then) => {
  const form = document.getElementById(id);
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = form.querySelector("output");
    told.textContent = "";
    try {
      await work(new FormData(form));
      location.assign(then);
    } catch (problem) {
      told.textContent = problem.message || String(problem);
    }
  });
};
run("passkey", async (form) => {
  const begun = await post("/v1/sign-in/passkey/start", { person: form.get("person") });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options.publicKey);
  const credential = await navigator.credentials.get({ publicKey });
  await post("/v1/sign-in/passkey/finish", { ceremony: begun.ceremony, credential: credential.toJSON() });
}, "/");
run("enrol", async (form) => {
  const begun = await post("/v1/enrol/start", { code: form.get("code") });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options.publicKey);
  const credential = await navigator.credentials.create({ publicKey });
  await post("/v1/enrol/finish", { ceremony: begun.ceremony, label: form.get("label"), credential: credential.toJSON() });
}, "/sign-in?registered");
