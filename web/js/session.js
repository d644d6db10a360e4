// Who is signed in. Tokens live in this module's memory and nowhere else: a reload signs out.

const REFRESH_BEFORE_MS = 60_000;
const EMPTY = { id: null, access: null, refresh: null, claims: null };
let settings;
let tokens = EMPTY;
let refreshing = null;
let timer = 0;

export class SignInError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

const SENTENCES = {
  NotAuthorizedException: "The user name or the password is wrong.",
  UserNotFoundException: "The user name or the password is wrong.",
  InvalidPasswordException: "The new password is too weak: at least 12 characters, with capitals, digits and signs.",
  TooManyRequestsException: "Too many attempts. Wait a minute, then try again.",
  LimitExceededException: "Too many attempts. Wait a minute, then try again.",
  PasswordResetRequiredException: "This password was reset. Ask your administrator for a new invitation.",
};

export function configure(config) {
  settings = config;
}

export const claims = () => tokens.claims;
export const signedIn = () => tokens.id !== null;

// The claims as the page shows them. What they are worth is for the backend to say, which verifies the signature.
function decode(token) {
  const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (character) => character.charCodeAt(0))));
}

async function cognito(operation, body) {
  let answer;
  try {
    answer = await fetch(`${settings.cognito_url}/`, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${operation}`,
      },
      body: JSON.stringify(body),
      credentials: "omit",
    });
  } catch {
    throw new SignInError("The sign-in service cannot be reached. Check your connection and try again.", "Offline");
  }
  const text = await answer.text();
  const document = text.startsWith("{") ? JSON.parse(text) : {};
  if (answer.ok) return document;
  const code = (document.__type ?? "").split("#").pop();
  throw new SignInError(SENTENCES[code] ?? "The sign-in service refused. Try again in a moment.", code || "Unavailable");
}

function keep(result) {
  tokens = {
    id: result.IdToken,
    access: result.AccessToken,
    refresh: result.RefreshToken ?? tokens.refresh,
    claims: decode(result.IdToken),
  };
  clearTimeout(timer);
  timer = setTimeout(() => refresh().catch(() => {}), Math.max(0, remaining() - REFRESH_BEFORE_MS));
}

const remaining = () => tokens.claims.exp * 1000 - Date.now();

// Resolves to null when the user is signed in, else to a function that takes the new password.
export async function signIn(username, password) {
  const answer = await cognito("InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    ClientId: settings.client_id,
    AuthParameters: { USERNAME: username, PASSWORD: password },
  });
  if (answer.AuthenticationResult) {
    keep(answer.AuthenticationResult);
    return null;
  }
  if (answer.ChallengeName !== "NEW_PASSWORD_REQUIRED") {
    throw new SignInError(`This page does not know the step ${answer.ChallengeName}.`, "UnknownChallenge");
  }
  return async (newPassword) => {
    const completed = await cognito("RespondToAuthChallenge", {
      ChallengeName: "NEW_PASSWORD_REQUIRED",
      ClientId: settings.client_id,
      Session: answer.Session,
      ChallengeResponses: { USERNAME: username, NEW_PASSWORD: newPassword },
    });
    keep(completed.AuthenticationResult);
  };
}

// One refresh at a time, whoever asks. A refused one ends the session; one that did not get through does not.
// Whoever signed out, or in, meanwhile is not overruled by the answer.
export async function refresh() {
  const before = tokens;
  if (!signedIn()) throw new SignInError("You are signed out.", "SignedOut");
  refreshing ??= cognito("InitiateAuth", {
    AuthFlow: "REFRESH_TOKEN_AUTH",
    ClientId: settings.client_id,
    AuthParameters: { REFRESH_TOKEN: tokens.refresh },
  }).then((answer) => { if (tokens === before) keep(answer.AuthenticationResult); }).finally(() => { refreshing = null; });
  await refreshing;
}

// Returns an id token that is good for another minute, if the sign-in service gives one.
export async function idToken() {
  if (!signedIn() || remaining() < REFRESH_BEFORE_MS) {
    try {
      await refresh();
    } catch (error) {
      if (error.code !== "Offline" || remaining() <= 0) throw error;
    }
  }
  if (!signedIn()) throw new SignInError("You are signed out.", "SignedOut");
  return tokens.id;
}

// Everywhere: the refresh token is worth nothing afterwards. False when Cognito could not be told.
export async function signOut() {
  const { access } = tokens;
  clearTimeout(timer);
  tokens = EMPTY;
  try {
    await cognito("GlobalSignOut", { AccessToken: access });
    return true;
  } catch {
    return false;
  }
}
