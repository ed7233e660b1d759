import type { GraphiQLPlugin } from "@graphiql/react";
import { type FormEvent, useEffect, useState } from "react";
import { canPick, type Person, people, session, signIn, signInBy, signOut } from "../session";
import { PersonIcon } from "./icons";

export const SIGN_IN: GraphiQLPlugin = { title: "Sign in as", icon: PersonIcon, content: SignInPanel };

function SignInPanel() {
  const current = session.use();
  const [wrong, setWrong] = useState("");
  const tried = (signing: Promise<void>) => {
    signing.then(() => setWrong("")).catch((error: Error) => setWrong(error.message));
  };
  return (
    <section className="heddle-panel">
      <h2>Sign in as</h2>
      <ul className="heddle-people">
        <PersonButton name="Nobody" may="Sees what is public" chosen={!current} onPick={signOut} />
        {canPick && <SamplePeople chosen={current?.email ?? null} tried={tried} />}
      </ul>
      {wrong && (
        <p className="heddle-warning" role="alert">
          {wrong}
        </p>
      )}
      <TokenForm used={current !== null && current.email === null} />
    </section>
  );
}

function SamplePeople({ chosen, tried }: { chosen: string | null; tried: (signing: Promise<void>) => void }) {
  const [known, setKnown] = useState<Person[]>([]);
  useEffect(() => {
    tried(people().then(setKnown));
  }, []);
  return known.map(({ email, scopes }) => (
    <PersonButton
      key={email}
      name={nameOf(email)}
      may={whatMay(scopes)}
      email={email}
      chosen={chosen === email}
      onPick={() => tried(signIn(email))}
    />
  ));
}

interface PersonButtonProps {
  name: string;
  may: string;
  email?: string;
  chosen: boolean;
  onPick: () => void;
}

function PersonButton({ name, may, email, chosen, onPick }: PersonButtonProps) {
  return (
    <li>
      <button type="button" aria-pressed={chosen} onClick={onPick}>
        <span className="heddle-step-name">
          <strong>{name}</strong> {email}
        </span>
        <span>{may}</span>
      </button>
    </li>
  );
}

function TokenForm({ used }: { used: boolean }) {
  const [token, setToken] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim()) signInBy(token.trim());
  };
  return (
    <form className="heddle-token" onSubmit={submit}>
      <label htmlFor="heddle-token">Or with a token of your own{used && ", which is in use"}</label>
      <input
        id="heddle-token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={token}
        onChange={(event) => setToken(event.target.value)}
      />
      <button type="submit" className="graphiql-button">
        Use it
      </button>
      <p className="heddle-facts">
        It stays in this page until you leave it. `Authorization` under Headers goes before it.
      </p>
    </form>
  );
}

/** `officer2@example.com` is Officer 2. */
export function nameOf(email: string): string {
  const [, word = "", number = ""] = email.match(/^(.*?)(\d*)@/) ?? [];
  return `${word.charAt(0).toUpperCase()}${word.slice(1)} ${number}`.trim();
}

function whatMay(scopes: string[]): string {
  if (scopes.length === 0) return "A customer: sees what is theirs";
  return scopes.includes("*") ? "May do everything" : `May use ${scopes.join(", ")}`;
}
