/** Reminders that have come, above whatever page is open: what opens, when, and the way there. Read out as they appear. */
import type { JSX } from "preact";
import { now } from "../shared/clock.ts";
import { Button, Notice } from "../shared/elements.tsx";
import { wordsOf } from "../shared/language.ts";
import type { Reminder } from "../shared/wire.ts";
import { dismiss, notices, openingOf } from "./reminders.ts";

const words = wordsOf({
  go: ["Go to the sale", "去看看"],
  close: ["Close", "知道了"],
});

export function ReminderNotices(): JSX.Element {
  return (
    <div class="reminders no-print" role="status">
      {notices.value.map((reminder) => (
        <Told key={reminder.reminder_id} reminder={reminder} />
      ))}
    </div>
  );
}

function Told({ reminder }: { readonly reminder: Reminder }): JSX.Element {
  const close = () => {
    dismiss(reminder);
    document.getElementById("content")?.focus({ preventScroll: true }); // what was pressed goes away
  };
  return (
    <Notice tone="warn">
      <p>
        <strong>{reminder.title}</strong> {openingOf(reminder, now.peek())}
      </p>
      <p class="row">
        <a class="button" href={`/campaigns/${reminder.campaign_id}`} onClick={() => dismiss(reminder)}>
          {words.go}
        </a>
        <Button kind="quiet" onPress={close}>
          {words.close}
        </Button>
      </p>
    </Notice>
  );
}
