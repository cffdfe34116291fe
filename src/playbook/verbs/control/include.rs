//! `include`: the steps of another playbook, here.

use crate::model::schema::{Field, Type};
use crate::playbook::verb::{Body, Class, Verb, nothing_more};

pub(crate) static VERB: Verb = Verb {
    name: "include",
    class: Class::Control,
    summary: "Put another playbook's steps here",
    doc: "Puts the steps of another playbook in this place when the playbook is loaded. The file is named by its \
          path below the folder of the playbook that is run; `..` and absolute paths are refused. It sees its own \
          parameters, filled from `params`, whose values may read `params.` of this playbook. Its step ids are \
          visible from here on; an id that both have is an error. It may not go further than this playbook's \
          `mode`, and has no `always`. At most 64 includes, at most 8 deep.",
    args: &[
        Field::new("playbook", Type::Str, "the file, such as parts/queue.yaml").required(),
        Field::new("params", Type::Map(&Type::Any), "its parameters by name"),
    ],
    output: &[],
    example: "- include: { playbook: parts/queue.yaml, params: { sample: 20 } }\n",
    body: Body::Include,
    check: nothing_more,
};
