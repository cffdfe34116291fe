//! The static check: every name that an expression reads exists, has the members that are asked of it, and
//! was computed before. What is wrong is told with the column of the name itself.

use super::coerce::may_be;
use super::expr::{Expr, Origin};
use super::grammar::{HOST, Need};
use super::lex;
use super::param::Param;
use crate::model::near::nearest;
use crate::model::problem::{Place, Problem, Problems};
use crate::model::schema::Type;
use crate::model::untrusted::clean_line;
use crate::model::yaml::Node;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One text of a playbook: its name and its lines.
pub(crate) struct File<'a> {
    pub name: Arc<str>,
    lines: Vec<&'a str>,
}

impl<'a> File<'a> {
    pub fn new(name: &str, text: &'a str) -> Self {
        Self { name: name.into(), lines: text.lines().collect() }
    }

    /// The place of the byte `at` of a scalar's text; the scalar's own place when escapes or folding hide it.
    fn place(&self, node: &Node, scalar: &str, at: usize) -> Place {
        let before = scalar.get(..at).unwrap_or_default();
        let row = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = scalar.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        // The text of a block scalar begins below its indicator.
        let first = self.line(node.place.line);
        let column = first.char_indices().nth(node.place.column.saturating_sub(1)).map_or(0, |(i, _)| i);
        let block = first.get(column..).is_some_and(|r| r.starts_with(['|', '>']));
        let number = node.place.line + row + usize::from(block);
        let (raw, from) = if number == node.place.line { (first, column) } else { (self.line(number), 0) };
        match raw.get(from..).and_then(|r| r.find(line)) {
            Some(found) => {
                let until = raw.get(..from + found + (at - start)).unwrap_or(raw);
                Place { line: number, column: until.chars().count() + 1 }
            }
            None => node.place,
        }
    }

    /// The line of that number, counted from 1.
    fn line(&self, number: usize) -> &'a str {
        number.checked_sub(1).and_then(|i| self.lines.get(i)).copied().unwrap_or_default()
    }
}

/// A step that later expressions may read.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub id: String,
    pub index: usize,
    /// The verb's output.
    pub ty: Type,
    /// It has a for_each: its result is a list of outputs.
    pub many: bool,
}

/// The type of `item`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item {
    /// Not inside a for_each.
    None,
    Unknown,
    Of(Type),
}

/// A use of `host.vars.NAME` that no `is defined` or `default` guards.
#[derive(Clone, Debug)]
pub(crate) struct VarUse {
    pub name: String,
    pub source: Arc<str>,
    pub place: Place,
}

/// Checks and compiles the expressions of one file.
pub(crate) struct Checker<'a> {
    pub file: &'a File<'a>,
    pub frame: usize,
    pub params: &'a [Param],
    pub needs: &'a [Need],
    pub steps: &'a [Known],
    pub item: Item,
    /// Only parameters may be read: what is bound before any host is contacted.
    pub params_only: bool,
    pub problems: &'a mut Problems,
    pub vars: &'a mut Vec<VarUse>,
    /// Indexes of the steps that were referred to.
    pub uses: BTreeSet<usize>,
}

impl Checker<'_> {
    pub fn problem(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(&*self.file.name, place, message).with_help(help));
    }

    /// The place within a scalar.
    pub fn place(&self, node: &Node, at: usize) -> Place {
        node.as_str().map_or(node.place, |scalar| self.file.place(node, scalar, at))
    }

    /// A whole scalar that is an expression: `when`, `for_each`, `label` and arguments of that type; it must
    /// come to a value of the type `wanted`.
    pub fn bare(&mut self, name: &str, node: &Node, wanted: &Type) -> Option<Expr> {
        let text = match &node.value {
            crate::model::yaml::Yaml::Bool(value) => value.to_string(),
            _ => node.as_str()?.to_owned(),
        };
        if text.contains("{{") || text.contains("{%") {
            let message = format!("`{name}` is already an expression");
            self.problem(node.place, message, format!("write it without {{{{ }}}}: {name}: steps.ID.FIELD > 3"));
            return None;
        }
        let expr = self.expr(node, &text, 0)?;
        self.fit(name, node, 0, &expr, wanted);
        Some(expr)
    }

    /// Tells when an expression that is a plain path can never be of the type that is wanted.
    pub fn fit(&mut self, name: &str, node: &Node, offset: usize, expr: &Expr, wanted: &Type) {
        let path = expr.text().trim();
        let plain = matches!(expr.names().as_slice(), [one] if one == path);
        let found = if plain { self.resolve(path, Place::default(), true) } else { Ok(None) };
        if let Ok(Some(ty)) = found
            && !may_be(&ty, wanted)
        {
            let wanted = if *wanted == Type::Expr { Type::Bool.name() } else { wanted.name() };
            let place = self.place(node, offset);
            let message = format!("`{name}` must be {wanted}; {} is {}", clean_line(path, 120), ty.name());
            self.problems.push(Problem::new(&*self.file.name, place, message));
        }
    }

    /// Compiles the expression `text`, which begins at byte `offset` of the scalar, and checks its names.
    pub fn expr(&mut self, node: &Node, text: &str, offset: usize) -> Option<Expr> {
        let origin = Origin { source: self.file.name.clone(), place: self.place(node, offset), frame: self.frame };
        let expr = match Expr::compile(text, origin) {
            Ok(expr) => expr,
            Err((at, message)) => {
                let place = self.place(node, offset + at);
                self.problems.push(Problem::new(&*self.file.name, place, message));
                return None;
            }
        };
        let written = lex::paths(&lex::tokens(text));
        let mut good = true;
        for name in expr.names() {
            let seen: Vec<_> = written.iter().filter(|p| p.text == name).collect();
            let place = seen.first().map_or(node.place, |p| self.place(node, offset + p.at));
            if let Err((message, help)) = self.resolve(&name, place, seen.iter().all(|p| p.guarded)) {
                good = false;
                let problem = Problem::new(&*self.file.name, place, message);
                self.problems.push(match help.is_empty() {
                    true => problem,
                    false => problem.with_help(help),
                });
            }
        }
        for (path, name, at) in lex::attributes(text, &lex::tokens(text)) {
            // A list that is unknown was told above.
            let Ok(Some(Type::List(element))) = self.resolve(&path, Place::default(), true) else { continue };
            if let Err(help) = member(*element, &name.split('.').collect::<Vec<_>>()) {
                good = false;
                let message =
                    format!("unknown name {} of the elements of {}", clean_line(name, 80), clean_line(&path, 120));
                self.problem(self.place(node, offset + at), message, help);
            }
        }
        good.then_some(expr)
    }

    /// The type behind a dotted path, when it can be known; the error is a message and its help.
    fn resolve(&mut self, path: &str, place: Place, guarded: bool) -> Result<Option<Type>, (String, String)> {
        let words: Vec<&str> = path.split('.').collect();
        let unknown = |help: String| (format!("unknown name {}", clean_line(path, 120)), help);
        let whole = |what: &str| (format!("`{what}` cannot be used alone"), format!("use {what}.NAME"));
        if self.params_only && words.first() != Some(&"params") {
            let help = "the arguments of an include may use `params.` only: they are set before any host is contacted";
            return Err(unknown(help.into()));
        }
        match words.as_slice() {
            ["params", name, rest @ ..] => match self.params.iter().find(|p| p.name == *name) {
                Some(param) => member(param.ty, rest).map_err(unknown),
                None => Err(unknown(near(name, self.params.iter().map(|p| p.name.as_str()), "params"))),
            },
            ["host", "vars", name, ..] => {
                if !guarded {
                    let (name, source) = ((*name).to_owned(), self.file.name.clone());
                    self.vars.push(VarUse { name, source, place });
                }
                Ok(None)
            }
            ["host", name, ..] => {
                let ty = member(Type::Object(HOST), words.get(1..).unwrap_or_default()).map_err(unknown)?;
                match Need::of_host_name(name).filter(|need| !self.needs.contains(need)) {
                    Some(need) => {
                        let message = format!("`host.{name}` is used, but not declared in `needs`");
                        Err((message, format!("add `{need}` to the list `needs`", need = need.word())))
                    }
                    None => Ok(ty),
                }
            }
            ["steps", id, rest @ ..] => match self.steps.iter().find(|s| s.id == *id) {
                Some(step) => {
                    self.uses.insert(step.index);
                    match (step.many, rest) {
                        (true, [_, ..]) => Err(unknown(format!("steps.{id} is a list: that step has a for_each"))),
                        (true, []) => Ok(None),
                        (false, rest) => member(step.ty, rest).map_err(unknown),
                    }
                }
                None => Err(unknown(self.no_step(id))),
            },
            ["item", rest @ ..] => match self.item {
                Item::None => Err(unknown("`item` exists only in a step with for_each".into())),
                Item::Unknown => Ok(None),
                Item::Of(ty) => member(ty, rest).map_err(unknown),
            },
            [root @ ("params" | "host" | "steps")] => Err(whole(root)),
            [root, ..] => Err(unknown(near(root, ["params", "host", "steps", "item"].into_iter(), "names"))),
            [] => Ok(None),
        }
    }

    fn no_step(&self, id: &str) -> String {
        let hyphen = self.steps.iter().find(|s| s.id.strip_prefix(id).is_some_and(|rest| rest.starts_with('-')));
        match hyphen {
            Some(step) => format!("`-` is a minus in an expression: write the id `{}` with `_`", step.id),
            None => {
                let ids = self.steps.iter().map(|s| s.id.as_str());
                near(id, ids, "a step can only use earlier steps that have a result; these do")
            }
        }
    }

    /// The type of the elements of a for_each, when its expression is a path to a list, sifted or sorted or not.
    pub fn element(&mut self, expr: &Expr) -> Item {
        let tokens = lex::tokens(expr.text());
        let filters = lex::filters(&tokens);
        let head = expr.text().split('|').next().unwrap_or_default().trim();
        let names = expr.names();
        let plain = lex::paths(&tokens).first().is_some_and(|p| p.text == head && names.contains(&p.text));
        if !plain || !filters.iter().all(|(_, name)| lex::keeps(name)) {
            return Item::Unknown;
        }
        if let Some(step) = self.steps.iter().find(|s| s.many && head == format!("steps.{}", s.id)) {
            return Item::Of(step.ty);
        }
        match self.resolve(head, Place::default(), true) {
            Ok(Some(Type::List(item))) => Item::Of(*item),
            _ => Item::Unknown,
        }
    }
}

/// Follows members through a type; the error is the help text.
fn member(mut ty: Type, rest: &[&str]) -> Result<Option<Type>, String> {
    for name in rest {
        match (ty, ty.member(name)) {
            (_, Ok(Some(next))) => ty = next,
            (_, Ok(None)) => return Ok(None),
            (Type::List(_), Err(_)) => return Err("a list has no fields; use for_each, [0] or a filter".into()),
            (_, Err(known)) if known.is_empty() => return Err("the value before it has no fields".into()),
            (_, Err(known)) => return Err(near(name, known.into_iter(), "fields")),
        }
    }
    Ok(Some(ty))
}

fn near<'a>(typed: &str, known: impl Iterator<Item = &'a str> + Clone, all: &str) -> String {
    match nearest(typed, known.clone()).as_slice() {
        [] => {
            let known: Vec<&str> = known.collect();
            format!("{all}: {}", if known.is_empty() { "none".into() } else { known.join(", ") })
        }
        names => format!("near: {}", names.join(", ")),
    }
}
