// The console's JSON. The token stays in this tab: it is forgotten with it.

const KEY = 'cachetide-console-token';
let session = { readOnly: true, tokenToRead: false };

export class Failure extends Error {
  constructor(message, fix, status) {
    super(message);
    this.fix = fix;
    this.status = status;
  }
}

export const token = () => sessionStorage.getItem(KEY);
export const forget = () => sessionStorage.removeItem(KEY);
export const mayAct = () => !session.readOnly && token() !== null;
export const known = () => session;

async function ask(path, options) {
  const headers = { Accept: 'application/json' };
  if (token() !== null) headers.Authorization = `Bearer ${token()}`;
  let answer;
  try {
    answer = await fetch(path, { cache: 'no-store', ...options, headers: { ...headers, ...options.headers } });
  } catch {
    throw new Failure('The console does not answer.', 'See that `cachetide console` still runs, then reload.', 0);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Failure(body.error || `status ${answer.status}`, body.fix, answer.status);
  return body;
}

export const get = (path) => ask(path, {});

export const post = (path, body) =>
  ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body || {}) });

export async function begin() {
  session = await get('api/session');
  return session;
}

/** Whether the console takes a token; it is kept only then. */
export async function unlock(given) {
  sessionStorage.setItem(KEY, given.trim());
  try {
    await post('api/session');
  } catch (error) {
    forget();
    throw error;
  }
}
