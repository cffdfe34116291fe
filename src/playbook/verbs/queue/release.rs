//! `mail.queue.release`: held messages go on.

use super::shared::{QueueVerb, SELECT};
use crate::mail::change::queue::Deed;
use crate::playbook::verb::changing::CHANGED_OUTPUT;
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
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
