//! From text to a checked playbook. Problems are collected, all of them, and no host is contacted.

use super::check::{Checker, File, Item, Known, VarUse};
use super::grammar::{self, Need};
use super::param::Param;
use super::playbook::{Frame, Playbook};
use super::settings::{Limits, Reader, Rollout, Timeouts};
use super::step::Step;
use super::template::Arg;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::schema::{Type, check_fields, unknown_key};
use crate::model::source::Source;
use crate::model::untrusted::clean;
use crate::model::yaml::{self, Budget, Key, Node, Yaml};
use crate::playbook::verb::Verb;
use crate::playbook::verb::mode::Mode;
use std::collections::{BTreeMap, BTreeSet};

/// How many includes one playbook may come to, and how deep.
const MAX_INCLUDES: usize = 64;
const MAX_DEPTH: usize = 8;

/// Reads an included file by its path below the playbook's folder.
pub type Include<'a> = &'a dyn Fn(&str) -> Result<Source, String>;

/// Everything gathered so far, over all included files.
pub(crate) struct Loader<'a> {
    pub include: Include<'a>,
    pub problems: Problems,
    pub steps: Vec<Step>,
    pub known: Vec<Known>,
    /// Every id and the file and line where it stands.
    pub ids: BTreeMap<String, String>,
    pub frames: Vec<Frame>,
    pub vars: Vec<VarUse>,
    pub needs: BTreeSet<Need>,
    /// Indexes of the steps whose results are there only after a change that is planned with what follows.
    pub after_change: BTreeSet<usize>,
    /// The steps of `always` are being read.
    pub in_always: bool,
    /// Every text that was read.
    pub texts: String,
    /// Names of the files that are being read, outermost first.
    pub open: Vec<String>,
}

/// What stands at the top of one file, and what its steps may refer to.
pub(crate) struct Head {
    pub name: String,
    pub summary: String,
    pub mode: Mode,
    pub params: Vec<Param>,
    pub needs: Vec<Need>,
    /// 0 for the playbook itself.
    pub frame: usize,
}

/// Reads and checks a playbook. `source` names the text in problems; `include` reads a file by its path below
/// the playbook's folder, and its error is a sentence for a person.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn load(source: &str, text: &str, include: Include<'_>) -> Result<Playbook, Problems> {
    let root = parse(source, text)?;
    let mut loader = Loader {
        include,
        problems: Problems::default(),
        steps: Vec::new(),
        known: Vec::new(),
        ids: BTreeMap::new(),
        frames: Vec::new(),
        vars: Vec::new(),
        needs: BTreeSet::new(),
        open: vec![source.to_owned()],
        after_change: BTreeSet::new(),
        in_always: false,
        texts: text.to_owned(),
    };
    let file = File::new(source, text);
    let head = loader.head(&file, &root, 0);
    let mut reader = Reader { source, problems: &mut loader.problems };
    let limits = root.get("limits").map_or_else(Limits::default, |n| reader.limits(n));
    let rollout = root.get("rollout").map_or_else(Rollout::default, |n| reader.rollout(n));
    let timeouts = root.get("timeouts").map_or_else(Timeouts::default, |n| reader.timeouts(n));
    loader.steps_of(&file, &head, &root, "steps");
    let first_always = loader.steps.len();
    loader.in_always = true;
    loader.steps_of(&file, &head, &root, "always");
    let always = loader.steps.split_off(first_always);
    if loader.steps.is_empty() && loader.problems.0.is_empty() {
        loader.problems.push(Problem::new(source, root.place, "the playbook has no steps"));
    }
    let mut problems = loader.problems;
    problems.0.sort_by_key(|p| (p.source != source, p.source.clone(), p.place.line, p.place.column));
    problems.or(Playbook {
        name: head.name,
        summary: head.summary,
        mode: head.mode,
        params: head.params,
        needs: loader.needs.into_iter().collect(),
        limits,
        rollout,
        timeouts,
        steps: loader.steps,
        always,
        source: source.to_owned(),
        text: loader.texts,
        frames: loader.frames,
        vars: loader.vars,
    })
}

impl Loader<'_> {
    pub fn problem(&mut self, file: &File<'_>, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(&*file.name, place, message).with_help(help));
    }

    /// Checks one file against the table of the top and reads what its steps refer to.
    fn head(&mut self, file: &File<'_>, root: &Node, frame: usize) -> Head {
        let source = &*file.name;
        self.refuse_hidden(file, root);
        check_fields(grammar::PLAYBOOK, root, source, "the playbook", false, &mut self.problems);
        let text = |name: &str| root.get(name).and_then(Node::as_str).unwrap_or_default().to_owned();
        if let Some(version) = root.get("fleet").filter(|n| matches!(n.value, Yaml::Int(v) if v != 1)) {
            self.problem(file, version.place, "this version of fleet reads language version 1 only", "fleet: 1");
        }
        if let Some(name) = root.get("name").filter(|n| n.as_str().is_some_and(|text| !is_id(text))) {
            self.problem(file, name.place, "this is not a valid playbook name", ID_HELP);
        }
        let entries = root.get("params").and_then(Node::as_map).unwrap_or_default();
        // A parameter whose declaration is wrong is told once, not again at every use.
        let params = entries
            .iter()
            .filter_map(|(key, node)| match Param::parse(key, node, source, &mut self.problems) {
                None => Some(Param::broken(&key.text)),
                good => good,
            })
            .collect();
        let words = root.get("needs").and_then(Node::as_seq).unwrap_or_default();
        let needs: Vec<Need> = words.iter().filter_map(Node::as_str).filter_map(Need::parse).collect();
        self.needs.extend(&needs);
        let mode = Mode::parse(&text("mode")).unwrap_or(Mode::ReadOnly);
        Head { name: text("name"), summary: text("summary"), mode, params, needs, frame }
    }

    fn steps_of(&mut self, file: &File<'_>, head: &Head, root: &Node, list: &str) {
        for node in root.get(list).and_then(Node::as_seq).unwrap_or_default() {
            // What is no map was told by the table.
            if let Some(entries) = node.as_map() {
                self.step(file, head, node, entries);
            }
        }
    }

    /// Invisible and reordering characters could make a playbook read differently from what it does.
    fn refuse_hidden(&mut self, file: &File<'_>, node: &Node) {
        let hidden = |text: &str| clean(text, usize::MAX) != text;
        let mut places = Vec::new();
        let mut todo = vec![node];
        while let Some(node) = todo.pop() {
            match &node.value {
                Yaml::Str(text) if hidden(text) => places.push(node.place),
                Yaml::Seq(items) => todo.extend(items),
                Yaml::Map(entries) => {
                    places.extend(entries.iter().filter(|(k, _)| hidden(&k.text)).map(|(k, _)| k.place));
                    todo.extend(entries.iter().map(|(_, node)| node));
                }
                _ => {}
            }
        }
        for place in places {
            let help = "write it in visible form; in a script, such as printf '\\033'";
            self.problem(file, place, "an invisible or control character", help);
        }
    }

    /// The checker for expressions of one step.
    pub fn checker<'c>(&'c mut self, file: &'c File<'c>, head: &'c Head, item: Item) -> Checker<'c> {
        Checker {
            file,
            frame: head.frame,
            params: &head.params,
            needs: &head.needs,
            steps: &self.known,
            item,
            params_only: false,
            problems: &mut self.problems,
            vars: &mut self.vars,
            uses: BTreeSet::new(),
        }
    }

    /// Splices the steps of another playbook.
    pub fn splice(&mut self, file: &File<'_>, head: &Head, verb: &Verb, step: &Node, args: &Node) {
        check_fields(verb.args, args, &file.name, verb.name, false, &mut self.problems);
        let Some(node) = args.get("playbook") else { return };
        let Some(path) = node.as_str() else { return };
        if !is_path(path) {
            let help = "use a path below the playbook's directory, such as parts/queue.yaml, without `..`";
            return self.problem(file, node.place, "this path cannot be included", help);
        }
        if self.open.iter().any(|open| open == path) {
            let help = format!("{} -> {path}", self.open.join(" -> "));
            return self.problem(file, node.place, "the playbook includes itself", help);
        }
        if self.open.len() > MAX_DEPTH || self.frames.len() >= MAX_INCLUDES {
            let help = format!("at most {MAX_INCLUDES} includes, nested at most {MAX_DEPTH} deep");
            return self.problem(file, node.place, "too many includes", help);
        }
        let Source { name, text } = match (self.include)(path) {
            Ok(found) => found,
            Err(why) => return self.problem(file, node.place, format!("cannot include {path}"), why),
        };
        self.texts.push('\0');
        self.texts.push_str(&text);
        let root = match parse(&name, &text) {
            Ok(root) => root,
            Err(mut problems) => return self.problems.0.append(&mut problems.0),
        };
        let inner = File::new(&name, &text);
        let own = self.head(&inner, &root, self.frames.len() + 1);
        if own.mode > head.mode {
            let help = format!("it is {}, this playbook is {}", own.mode, head.mode);
            self.problem(file, node.place, "the mode of the included playbook exceeds the mode of this one", help);
        }
        if let Some((key, _)) = root.as_map().into_iter().flatten().find(|(k, _)| k.text == "always") {
            let help = "move these steps to the including playbook";
            self.problem(&inner, key.place, "an included playbook cannot have `always`", help);
        }
        let given = args.get("params").and_then(Node::as_map).unwrap_or_default();
        let args = self.arguments(file, head, &own, given, step.place);
        self.frames.push(Frame { params: own.params.clone(), args, source: file.name.to_string() });
        self.open.push(path.to_owned());
        self.steps_of(&inner, &own, &root, "steps");
        self.open.pop();
    }

    /// The arguments of an include against the parameters of the included playbook.
    fn arguments(
        &mut self,
        file: &File<'_>,
        head: &Head,
        own: &Head,
        given: &[(Key, Node)],
        place: Place,
    ) -> Vec<(String, Place, Arg)> {
        let mut out = Vec::new();
        for (key, node) in given {
            let Some(param) = own.params.iter().find(|p| p.name == key.text) else {
                let known = own.params.iter().map(|p| p.name.as_str());
                let what = format!("the parameters of {}", own.name);
                self.problems.push(unknown_key(&file.name, key.place, &what, &key.text, known));
                continue;
            };
            let mut checker = self.checker(file, head, Item::None);
            checker.params_only = true;
            let arg = Arg::compile(&key.text, node, &Type::Any, &mut checker);
            if let Arg::Literal(value) = &arg
                && let Err(why) = param.accept(value.clone(), false)
            {
                let message = format!("`{}` does not match the parameter of {}", key.text, own.name);
                self.problem(file, node.place, message, why);
            }
            out.push((key.text.clone(), node.place, arg));
        }
        for param in own.params.iter().filter(|p| p.required && !given.iter().any(|(k, _)| k.text == p.name)) {
            let message = format!("the include does not set `{}`, which {} requires", param.name, own.name);
            self.problem(file, place, message, format!("params: {{ {}: .. }}", param.name));
        }
        out
    }
}

/// Parses, and recognises the mistake that everybody makes once: `{{ }}` without quotes is a YAML map.
fn parse(source: &str, text: &str) -> Result<Node, Problems> {
    yaml::parse(source, text, Budget::SMALL).map_err(|mut problems| {
        for problem in &mut problems.0 {
            let line = problem.place.line.checked_sub(1).and_then(|n| text.lines().nth(n)).unwrap_or_default();
            if [": {{", "- {{", "[{{", ", {{"].iter().any(|bare| line.contains(bare)) {
                let help = "quote text that contains `{{ }}`; `when` and `for_each` are expressions without braces";
                problem.help = Some(help.to_owned());
            }
        }
        problems
    })
}

pub(crate) const ID_HELP: &str = "lower-case letters, digits, `_` and `-`, starting with a letter";

/// `[a-z][a-z0-9_-]*`, at most 64 bytes.
pub(crate) fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

/// Relative, of plain words, and never upwards.
fn is_path(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    text.len() <= 253
        && text.split('/').all(|word| !word.is_empty() && !word.starts_with('.') && word.bytes().all(plain))
}
