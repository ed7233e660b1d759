import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export function PlanIcon() {
  return (
    <Icon>
      <path d="M3 5h8M7 10h9M11 15h6M15 20h6" />
    </Icon>
  );
}

export function EventsIcon() {
  return (
    <Icon>
      <circle cx="12" cy="12" r="2" />
      <path d="M7.5 16.5a6.4 6.4 0 0 1 0-9M16.5 7.5a6.4 6.4 0 0 1 0 9M4.6 19.4a10.5 10.5 0 0 1 0-14.8M19.4 4.6a10.5 10.5 0 0 1 0 14.8" />
    </Icon>
  );
}

export function PersonIcon() {
  return (
    <Icon>
      <circle cx="12" cy="8" r="4" />
      <path d="M4 21c.6-4 3.8-6 8-6s7.4 2 8 6" />
    </Icon>
  );
}

export function ExamplesIcon() {
  return (
    <Icon>
      <path d="M12 3l2.6 5.7 6.2.6-4.7 4.1 1.4 6.1L12 16.3l-5.5 3.2 1.4-6.1-4.7-4.1 6.2-.6z" strokeLinejoin="round" />
    </Icon>
  );
}
