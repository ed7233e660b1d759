import { store } from "./store";

/** Somebody of the sample data, whom one can be by a click, in development. */
export interface Person {
  email: string;
  scopes: string[];
}

/** Who asks; `email` is null for a token that was pasted. */
export interface Session {
  token: string;
  email: string | null;
}

const REMEMBERED = "heddle:email";

/** Where the gateway tells whom one can be; empty where it does not. */
const PEOPLE = document.querySelector<HTMLMetaElement>('meta[name="heddle-people"]')?.content ?? "";

export const canPick = PEOPLE !== "";
export const session = store<Session | null>(null);

export async function people(): Promise<Person[]> {
  return (await asked(PEOPLE)) as Person[];
}

export async function signIn(email: string): Promise<void> {
  const { token } = (await asked(`${PEOPLE}/${encodeURIComponent(email)}`, "POST")) as { token: string };
  sessionStorage.setItem(REMEMBERED, email); // the address alone: tokens are kept in this page, and nowhere else
  session.set({ token, email });
}

export function signInBy(token: string): void {
  sessionStorage.removeItem(REMEMBERED);
  session.set({ token, email: null });
}

export function signOut(): void {
  sessionStorage.removeItem(REMEMBERED);
  session.set(null);
}

/** A page that is loaded again goes on as the same person. */
export async function resume(): Promise<void> {
  const email = sessionStorage.getItem(REMEMBERED);
  if (canPick && email) await signIn(email).catch(signOut);
}

async function asked(path: string, method = "GET"): Promise<unknown> {
  const response = await fetch(path, { method });
  const told = await response.json();
  if (!response.ok) throw new Error(told.errors?.[0]?.message ?? `The gateway says ${response.status} to that.`);
  return told;
}
