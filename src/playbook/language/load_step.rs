//! One step of the text: which key is its verb, which keys go with that verb, and its compiled parts.

use super::check::{File, Item, Known};
use super::grammar::STEP;
use super::load::{Head, ID_HELP, Loader, is_id};
use super::settings::Reader;
use super::step::{Because, Step};
use super::template::Arg;
use crate::model::near::nearest;
use crate::model::problem::{Place, Problem};
use crate::model::schema::{Type, check_fields, field, unknown_key};
use crate::model::untrusted::clean_line;
use crate::model::yaml::{Key, Node};
use crate::playbook::verb::{Body, Class, Gaps, Verb};
use crate::playbook::verbs::{self, control::findings};
use std::collections::BTreeSet;

impl Loader<'_> {
    pub fn step(&mut self, file: &File<'_>, head: &Head, node: &Node, entries: &[(Key, Node)]) {
        let Some((verb, key, args)) = self.verb(file, node, entries) else { return };
        let body = verb.body_of(args);
        self.keys(file, body, entries);
        if !body.class().allowed_in(head.mode) {
            let message = format!("`{}` changes the host, and this playbook is {}", verb.name, head.mode);
            match args.get("reads").filter(|_| verb.class() != body.class()) {
                None => self.problem(file, key.place, message, "set `mode: change`, or remove the step"),
                Some(reads) => {
                    let help = "set `mode: change`, or `reads: true` if it changes nothing";
                    self.problem(file, reads.place, format!("{message}: `reads: false`"), help);
                }
            }
        }
        if matches!(body, Body::Include) {
            return self.splice(file, head, verb, node, args);
        }
        check_fields(verb.args, args, &file.name, verb.name, true, &mut self.problems);
        (verb.check)(args, &file.name, &mut self.problems);
        let index = self.steps.len();
        let id = self.id(file, node, index);
        let mut reader = Reader { source: &file.name, problems: &mut self.problems };
        let timeout = reader.duration(node, "timeout");
        let retry = reader.count(node, "retry", 0).unwrap_or(0);
        if let Some(many) = node.get("retry").filter(|_| retry > 5) {
            self.problem(
                file,
                many.place,
                "`retry` is at most 5",
                "a host that needs more retries needs manual attention",
            );
        }
        let text = |name: &str| node.get(name).and_then(Node::as_str).map(str::to_owned);
        let mut checker = self.checker(file, head, Item::None);
        let for_each = node.get("for_each").and_then(|n| checker.bare("for_each", n, &Type::List(&Type::Any)));
        checker.item = match (&for_each, node.get("for_each")) {
            (Some(expr), _) => checker.element(expr),
            (None, Some(_)) => Item::Unknown,
            (None, None) => Item::None,
        };
        let when = node.get("when").and_then(|n| checker.bare("when", n, &Type::Expr));
        let label = node.get("label").and_then(|n| checker.bare("label", n, &Type::Any));
        let from = args.get("from").filter(|_| matches!(body, Body::Findings));
        let of = args.get("of").filter(|_| matches!(body, Body::Incomplete));
        let args = Arg::compile(verb.name, args, &Type::Object(verb.args), &mut checker);
        if let (Some(node), Some(Arg::Lone(expr))) = (from, args.get("from"))
            && !matches!(checker.element(expr), Item::Of(ty) if findings::are_findings(&ty))
        {
            let help =
                "use a list that a verb declares as findings, filtered or not, such as `steps.ID.rows` of mail.signals";
            checker.problem(node.place, "`from` is not a list of findings", help);
        }
        let mut needs_steps = std::mem::take(&mut checker.uses);
        let mut without = self.without(file, node, &needs_steps);
        let readings = of.map(|of| self.readings(file, of)).unwrap_or_default();
        for (index, ..) in &readings {
            needs_steps.insert(*index);
            without.insert(*index);
        }
        if for_each.is_some() && matches!(body, Body::Finding) && args.get("key").is_none() {
            let help = "key: \"{{ item.NAME }}\", so that findings can be matched between runs";
            self.problem(file, key.place, "a finding in a for_each needs a `key`", help);
        }
        self.changing(file, (verb, body), key, node, &needs_steps);
        let output = if let Body::Changing(changing) = body { changing.output() } else { verb.output };
        if node.get("id").is_some() {
            let (id, ty, many) = (id.clone(), Type::Object(output), for_each.is_some());
            self.known.push(Known { id, index, ty, many });
        }
        // It reads the step's own result, which is known from here on.
        let mut checker = self.checker(file, head, Item::None);
        let verify = node.get("verify").and_then(|n| checker.bare("verify", n, &Type::Expr));
        self.steps.push(Step {
            index,
            id,
            name: text("name").unwrap_or_else(|| verb.name.to_owned()),
            verb,
            body,
            when,
            for_each,
            label,
            verify,
            on_error: text("on_error").and(text("because")).map(Because),
            timeout,
            retry: u32::try_from(retry).unwrap_or(0),
            needs_steps,
            without,
            readings: readings.into_iter().map(|(_, id, gaps)| (id, gaps)).collect(),
            place: node.place,
            source: file.name.clone(),
            args,
        });
    }

    /// What a verb that changes may not: stand in `always`, rest on what another one left before a `confirm`, or name an
    /// `undo` that is not its own.
    fn changing(
        &mut self,
        file: &File<'_>,
        (verb, body): (&Verb, Body),
        key: &Key,
        node: &Node,
        needs: &BTreeSet<usize>,
    ) {
        let index = self.steps.len();
        if matches!(body, Body::Confirm) {
            self.after_change.clear();
        }
        let after = needs.iter().find(|n| self.after_change.contains(n)).copied();
        let Body::Changing(changing) = body else {
            self.after_change.extend(after.map(|_| index));
            return;
        };
        if let Some(id) = after.and_then(|n| self.steps.get(n)).map(|s| s.id.clone()) {
            let message = format!("`{}` is planned before steps.{id} has a result", verb.name);
            self.problem(
                file,
                key.place,
                message,
                "put a `confirm` between them: the steps after it are planned later",
            );
        }
        self.after_change.insert(index);
        if self.in_always {
            let help = "move it to `steps`; the steps in `always` run even if nothing was approved";
            self.problem(file, key.place, "`always` cannot contain a verb that changes the host", help);
        }
        let own = changing.undone_by();
        if let Some(undo) = node.get("undo").filter(|n| n.as_str() != own) {
            let help = own.map_or_else(|| "it cannot be undone".to_owned(), |own| format!("undo: {own}"));
            self.problem(file, undo.place, format!("this verb does not undo `{}`", verb.name), help);
        }
    }

    /// The steps that `incomplete` names, and how each says that something is missing.
    fn readings(&mut self, file: &File<'_>, of: &Node) -> Vec<(usize, String, &'static Gaps)> {
        let mut found = Vec::new();
        for (id, place) in of.as_seq().unwrap_or_default().iter().filter_map(|n| Some((n.as_str()?, n.place))) {
            let gaps = |known: &&Known| match self.steps.get(known.index)?.body {
                Body::Reading(verb) if !known.many => verb.gaps(),
                _ => None,
            };
            match self.known.iter().find(|known| known.id == id).map(|known| (known.index, gaps(&known))) {
                Some((index, Some(gaps))) => found.push((index, id.to_owned(), gaps)),
                Some((_, None)) => {
                    let message = format!("steps.{} never reports missing data", clean_line(id, 80));
                    self.problem(file, place, message, "remove it from `of`");
                }
                None => self.no_step(file, id, place),
            }
        }
        found
    }

    fn no_step(&mut self, file: &File<'_>, id: &str, place: Place) {
        let known = self.known.iter().map(|known| known.id.as_str());
        self.problems.push(Problem::new(&*file.name, place, "no earlier step has this id").with_near(id, known));
    }

    /// The steps that it can do without, of those whose results it reads.
    fn without(&mut self, file: &File<'_>, node: &Node, needs: &BTreeSet<usize>) -> BTreeSet<usize> {
        let words = node.get("without").and_then(Node::as_seq).unwrap_or_default();
        let mut without = BTreeSet::new();
        for (word, place) in words.iter().filter_map(|n| Some((n.as_str()?, n.place))) {
            match self.known.iter().find(|known| known.id == word) {
                Some(known) if needs.contains(&known.index) => _ = without.insert(known.index),
                Some(_) => {
                    let message = format!("the step does not use steps.{word}");
                    self.problem(file, place, message, "remove it from `without`");
                }
                None => self.no_step(file, word, place),
            }
        }
        without
    }

    /// The one key that is a verb.
    fn verb<'n>(
        &mut self,
        file: &File<'_>,
        node: &Node,
        entries: &'n [(Key, Node)],
    ) -> Option<(&'static Verb, &'n Key, &'n Node)> {
        let others = || entries.iter().filter(|(key, _)| field(STEP, &key.text).is_none());
        let verbs: Vec<_> = others().filter_map(|(k, n)| verbs::find(&k.text).map(|verb| (verb, k, n))).collect();
        let strangers = || others().filter(|(key, _)| verbs::find(&key.text).is_none());
        let names = || verbs::ALL.iter().map(|verb| verb.name);
        match verbs.as_slice() {
            [one] => {
                for (key, _) in strangers() {
                    let known = STEP.iter().map(|f| f.name);
                    self.problems.push(unknown_key(&file.name, key.place, "the step", &key.text, known));
                }
                return Some(*one);
            }
            [_, (_, second, _), ..] => {
                let found: Vec<&str> = verbs.iter().map(|(verb, ..)| verb.name).collect();
                let message = format!("a step has exactly one verb; this one has {}", found.join(" and "));
                self.problem(file, second.place, message, "split it into two steps");
            }
            [] if strangers().next().is_none() => {
                let help = format!("one of {}", names().collect::<Vec<_>>().join(", "));
                self.problem(file, node.place, "the step has no verb", help);
            }
            [] => {
                for (key, _) in strangers() {
                    let typed = clean_line(&key.text, 80);
                    let near = nearest(&typed, names().chain(STEP.iter().map(|f| f.name)));
                    let help = match near.is_empty() {
                        true => format!("known: {}", names().collect::<Vec<_>>().join(", ")),
                        false => format!("near: {}", near.join(", ")),
                    };
                    self.problem(file, key.place, format!("unknown verb `{typed}`"), help);
                }
            }
        }
        None
    }

    /// Types of the step's own keys, and which of them go with that verb.
    fn keys(&mut self, file: &File<'_>, body: Body, entries: &[(Key, Node)]) {
        let has = |name: &str| entries.iter().any(|(key, _)| key.text == name);
        for (key, value) in entries {
            let Some(f) = field(STEP, &key.text) else { continue };
            f.ty.check(value, &file.name, f.name, false, &mut self.problems);
            let misplaced = match (f.name, body.class()) {
                ("id" | "name", _) => None,
                (_, Class::Control) if matches!(body, Body::Include) => {
                    Some("an include cannot have a condition; set it on the steps of the included playbook")
                }
                ("timeout", Class::Reading | Class::Changing) => None,
                ("timeout", _) => Some("it is only for verbs that contact the host"),
                ("retry", class) if class != Class::Reading => Some("it is only for reading verbs"),
                ("undo" | "verify", class) if class != Class::Changing => Some("it is only for changing verbs"),
                ("on_error", _) if !has("because") => Some("state why a failure is tolerable: because: .."),
                ("because", _) if !has("on_error") => Some("it requires `on_error: continue`"),
                ("label", _) if !has("for_each") => Some("it requires `for_each`"),
                _ => None,
            };
            if let Some(why) = misplaced {
                self.problem(file, key.place, format!("`{}` is not allowed here", f.name), why);
            }
        }
    }

    fn id(&mut self, file: &File<'_>, node: &Node, index: usize) -> String {
        let Some((given, text)) = node.get("id").and_then(|n| Some((n, n.as_str()?))) else {
            return format!("step-{}", index + 1);
        };
        let problem = match text {
            text if !is_id(text) => Some(("this is not a valid step id", ID_HELP)),
            text if text.strip_prefix("step-").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) => {
                Some(("this id is reserved for steps without an id", "choose a name that describes the step"))
            }
            text => match self.ids.get(text) {
                Some(first) => {
                    let message = format!("another step has this id: {first}");
                    self.problem(
                        file,
                        given.place,
                        message,
                        "ids must be unique, including those of included playbooks",
                    );
                    None
                }
                None => {
                    self.ids.insert(text.to_owned(), format!("{}:{}", file.name, given.place.line));
                    None
                }
            },
        };
        if let Some((message, help)) = problem {
            self.problems.push(Problem::new(&*file.name, given.place, message).with_help(help));
        }
        text.to_owned()
    }
}
