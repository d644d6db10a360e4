// The sign-in form, as a page of its own or in a dialog over what the user was doing.

import { ask, button, field, h, mark, show } from "../dom.js";
import { claims, ends, signIn, SignInError } from "../session.js";

const EXAMPLE = "acme/member@acme.example.com";

export function signInView(main, done) {
  show(main, h("section", { class: "panel narrow" },
    h("h1", {}, "Sign in"),
    h("p", { class: "lead" }, "One backend, many tenants. Each sees its own rows, because IAM and PostgreSQL say so."),
    form(done)));
  main.querySelector("input").focus();
}

// Asks until the same user is signed in again; rejects when the user leaves, or somebody else signs in instead.
export async function signInAgain() {
  const before = claims();
  const username = `${before["custom:tenantID"]}/${before.email}`;
  const answered = await ask("Your session has ended", (close) => [
    h("p", {}, "Sign in again to go on where you were. Nothing of what you typed is lost."),
    form(() => close(true), username, button("Sign out", () => close(false))),
  ], null);
  if (!answered) {
    dispatchEvent(new Event("leave"));
    throw new SignInError("You are signed out.", "SignedOut");
  }
  if (claims().sub !== before.sub) {
    location.hash = "#/";
    dispatchEvent(new Event("another-user"));
    throw new SignInError("Somebody else signed in.", "AnotherUser");
  }
}

function form(done, username = "", leave = null) {
  const name = field("User name", "username", {
    value: username, autocomplete: "username", required: true, spellcheck: "false", autocapitalize: "none",
    hint: `Tenant and email, such as ${EXAMPLE}`,
  });
  const password = field("Password", "password", { kind: "password", autocomplete: "current-password", required: true });
  const problem = h("p", { class: "problem", role: "alert" });
  const submit = h("button", { class: "button primary", type: "submit" }, "Sign in");
  const element = h("form", { novalidate: true }, name, password, problem,
    leave ? h("div", { class: "actions" }, leave, submit) : submit);
  let answerChallenge = null;

  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    const inputs = [...element.querySelectorAll("input")];
    for (const input of inputs) mark(input, !input.value);
    const empty = inputs.find((input) => !input.value);
    if (empty) {
      problem.textContent = "Fill in every field.";
      empty.focus();
      return;
    }
    problem.textContent = "";
    submit.disabled = true;
    try {
      const secret = password.querySelector("input");
      if (answerChallenge) await answerChallenge(element.elements.new_password.value);
      else answerChallenge = await signIn(name.querySelector("input").value.trim(), secret.value);
      if (!answerChallenge || element.elements.new_password) done();
      else askForNewPassword(password, submit);
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      problem.textContent = error.message;
      if (answerChallenge && ends(error)) {
        // The invitation's password opens the step for minutes only.
        answerChallenge = null;
        startOver(element, submit);
        problem.textContent = "The time to choose a password has run out. Sign in again.";
      }
    } finally {
      submit.disabled = false;
    }
  });
  return element;
}

function askForNewPassword(password, submit) {
  const fresh = field("New password", "new_password", {
    kind: "password", autocomplete: "new-password", required: true,
    hint: "This is your first time here: choose a password of your own. "
      + "At least 14 characters, with small letters, capitals, digits and signs.",
  });
  password.after(fresh);
  submit.textContent = "Set password and sign in";
  fresh.querySelector("input").focus();
}

function startOver(element, submit) {
  element.elements.new_password.closest(".field").remove();
  submit.textContent = "Sign in";
}
