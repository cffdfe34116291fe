//! `mail.queue.hold`: messages wait and are not delivered.

use super::shared::{QueueVerb, SELECT};
use crate::mail::change::queue::Deed;
use crate::playbook::verb::changing::CHANGED_OUTPUT;
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "mail.queue.hold",
    class: Class::Changing,
    summary: "Hold queued messages back",
    doc: "Holds the selected messages of the queue back, so that they wait until they are released or deleted. It can be undone. Messages that come later are not held.",
    args: SELECT,
    output: CHANGED_OUTPUT,
    example: "- id: hold\n  mail.queue.hold: { logins: [info@example.jp] }\n",
    body: Body::Changing(&QueueVerb(Deed::Hold)),
    check: nothing_more,
};
