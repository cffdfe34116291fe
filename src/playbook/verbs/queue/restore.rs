//! `mail.queue.restore`: deleted messages come back, held.

use super::shared::{MESSAGES, QueueVerb};
use crate::mail::change::queue::Deed;
use crate::playbook::verb::changing::{CHANGED_OUTPUT, OP};
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.queue.restore",
    class: Class::Changing,
    summary: "Bring deleted messages back",
    doc: "Brings back, held, what a `mail.queue.delete` took out, from the copy that the host keeps under its op. `fleet undo` writes such a step.",
    args: &[OP, MESSAGES.required()],
    output: CHANGED_OUTPUT,
    example: "- mail.queue.restore:\n    op: 00000000000000000000000000000000\n    messages: [{ id: A2CDA9D291A, arrival: 1795485455, sender: info@example.jp, size: 503 }]\n",
    body: Body::Changing(&QueueVerb(Deed::Restore)),
    check: nothing_more,
};
