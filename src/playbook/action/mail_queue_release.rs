//! `mail.queue.release`: held messages go on.

use super::super::changing::CHANGED_OUTPUT;
use super::super::queue_verb::{QueueVerb, SELECT};
use super::{Body, Class, Verb, nothing_more};
use crate::mail::change::queue::Deed;

pub(super) static VERB: Verb = Verb {
    name: "mail.queue.release",
    class: Class::Changing,
    summary: "Let held messages go on",
    doc: "Lets held messages of the queue be delivered.",
    args: SELECT,
    output: CHANGED_OUTPUT,
    example: "- mail.queue.release: { logins: [info@example.jp] }\n",
    body: Body::Changing(&QueueVerb(Deed::Release)),
    check: nothing_more,
};
