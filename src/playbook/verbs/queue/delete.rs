//! `mail.queue.delete`: messages are taken out of the queue, with a copy kept.

use super::shared::{QueueVerb, SELECT};
use crate::mail::change::queue::Deed;
use crate::playbook::verb::changing::CHANGED_OUTPUT;
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.queue.delete",
    class: Class::Changing,
    summary: "Delete queued messages, keeping a copy",
    doc: "Holds the selected messages back, looks whether they are still the same, keeps a copy on the host and reads it back, deletes those that are held, and looks again. A message that was being delivered meanwhile is told as sent, by the log. One that changed while it was copied stays, held. It can be undone as long as the host keeps the copy; where nothing was deleted, undo lets go what was held for it.",
    args: SELECT,
    output: CHANGED_OUTPUT,
    example: "- id: purge\n  mail.queue.delete: { logins: [info@example.jp] }\n",
    body: Body::Changing(&QueueVerb(Deed::Delete)),
    check: nothing_more,
};
