//! One expression of a playbook: compiled once when it is loaded, evaluated for every host and item.
//!
//! Only playbook text is ever compiled. What a host sent reaches an expression as a value and nothing else.

use super::lex;
use super::scope::Scope;
use crate::model::near::nearest;
use crate::model::problem::{Place, Problem};
use crate::model::untrusted::clean_line;
use minijinja::{Environment, Expression, UndefinedBehavior, Value};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// Work that one evaluation may do, in the engine's units: about one for each instruction or two items of a
/// list that are looked at. Enough to search a list of a million addresses.
const FUEL: u64 = 1_000_000;

/// Filters of the language. The engine knows more; what stands here is what `docs/playbook.md` promises.
pub(crate) const FILTERS: &[&str] = &[
    "abs",
    "count",
    "default",
    "first",
    "float",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "tojson",
    "trim",
    "unique",
    "upper",
];

/// Tests of the language, as in `x is defined`.
pub(crate) const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// The engine: expressions only. No templates, no loader, no functions, no escaping.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    for function in ["range", "dict", "debug", "namespace"] {
        engine.remove_global(function);
    }
    engine
});

/// Where an expression stands and whose parameters it sees.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub source: Arc<str>,
    pub place: Place,
    /// 0 for the playbook itself, else the number of the include.
    pub frame: usize,
}

/// A compiled expression.
pub struct Expr {
    text: String,
    origin: Origin,
    compiled: Expression<'static, 'static>,
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({})", self.text)
    }
}

impl Expr {
    /// Compiles; the error says what is wrong and, where it can be told, at which byte of `text`.
    pub(crate) fn compile(text: &str, origin: Origin) -> Result<Self, (usize, String)> {
        let tokens = lex::tokens(text);
        for (kind, used, known) in [("filter", lex::filters(&tokens), FILTERS), ("test", lex::tests(&tokens), TESTS)] {
            if let Some((at, name)) = used.into_iter().find(|(_, name)| !known.contains(name)) {
                let near = match nearest(name, known.iter().copied()).as_slice() {
                    [] => format!("known: {}", known.join(", ")),
                    near => format!("near: {}", near.join(", ")),
                };
                return Err((at, format!("unknown {kind} `{}`; {near}", clean_line(name, 80))));
            }
        }
        let compiled = ENGINE
            .compile_expression_owned(text.to_owned())
            .map_err(|e| (0, format!("this is not a valid expression: {}", describe(&e))))?;
        Ok(Self { text: text.to_owned(), origin, compiled })
    }

    /// As it stands in the playbook.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every dotted path that it reads, as the engine's own parser sees it.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.compiled.undeclared_variables(true).into_iter().collect();
        names.sort_unstable();
        names
    }

    /// The value. A name that has no value is an error, at whatever depth.
    ///
    /// # Errors
    /// When a name in it has no value, an operation does not fit its values, or it takes too much work.
    pub fn eval(&self, scope: &Scope) -> Result<Value, EvalError> {
        let value = self.compiled.eval(scope.root(self.origin.frame)).map_err(|e| self.error(&describe(&e)))?;
        match value.is_undefined() {
            true => Err(self.error("it has no value here")),
            false => Ok(value),
        }
    }

    /// The value, which must be true or false.
    ///
    /// # Errors
    /// As for [`Expr::eval`], and when the value is neither true nor false.
    pub fn truth(&self, scope: &Scope) -> Result<bool, EvalError> {
        let value = self.eval(scope)?;
        match value.kind() {
            minijinja::value::ValueKind::Bool => Ok(value.is_true()),
            kind => Err(self.error(&format!("the result is {kind}, not true or false"))),
        }
    }

    pub(crate) fn error(&self, message: &str) -> EvalError {
        EvalError {
            source: self.origin.source.to_string(),
            place: self.origin.place,
            message: format!("`{}`: {}", clean_line(self.text.trim(), 120), clean_line(message, 300)),
        }
    }
}

fn describe(error: &minijinja::Error) -> String {
    match (error.kind(), error.detail()) {
        (minijinja::ErrorKind::OutOfFuel, _) => "it exceeds the work limit".into(),
        (minijinja::ErrorKind::UndefinedError, _) => "it uses a name that has no value here".into(),
        (_, Some(detail)) => clean_line(detail, 200),
        (kind, None) => kind.to_string(),
    }
}

/// An expression or argument that came to nothing on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// The playbook's file.
    pub source: String,
    /// Where the expression stands in its file.
    pub place: Place,
    /// Sanitised.
    pub message: String,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Problem::new(self.source.as_str(), self.place, self.message.as_str()))
    }
}

impl std::error::Error for EvalError {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn compile(text: &str) -> Result<Expr, (usize, String)> {
        Expr::compile(text, Origin { source: "p".into(), place: Place { line: 1, column: 1 }, frame: 0 })
    }

    fn scope() -> Scope {
        let mut scope = Scope::for_tests(&json!({"n": 3}));
        scope.set_step("q", &json!({"total": 7, "rows": [{"a": "{{ 7 * 7 }}"}]}));
        scope
    }

    #[test]
    fn every_promised_filter_and_test_exists() {
        for (kind, names) in [("filter", FILTERS), ("test", TESTS)] {
            for name in names {
                let probe = ENGINE.compile_expression_owned(format!("'{name}' is {kind}")).unwrap();
                assert!(probe.eval(()).unwrap().is_true(), "{kind} {name}");
            }
        }
    }

    #[test]
    fn a_condition_is_true_or_false_and_nothing_else() {
        let truth = |text: &str| compile(text).unwrap().truth(&scope()).map_err(|e| e.to_string());
        assert_eq!(truth("steps.q.total > params.n"), Ok(true));
        assert_eq!(
            truth("steps.q.total"),
            Err("p:1:1: `steps.q.total`: the result is number, not true or false".into())
        );
        assert_eq!(
            truth("steps.gone.total > 1"),
            Err("p:1:1: `steps.gone.total > 1`: it uses a name that has no value here".into())
        );
        assert_eq!(truth("steps.gone is defined"), Ok(false));
    }

    #[test]
    fn what_a_host_sent_is_never_evaluated() {
        let value = compile("steps.q.rows[0].a").unwrap().eval(&scope()).unwrap();
        assert_eq!(value.as_str(), Some("{{ 7 * 7 }}"));
    }

    #[test]
    fn an_expression_without_end_is_stopped() {
        let big = compile("'x' * 100000000 * 100000000").unwrap().eval(&scope()).unwrap_err();
        assert!(big.message.contains("work limit") || big.message.contains("overflow"), "{big}");
    }

    #[test]
    fn unknown_filters_tests_and_functions_are_told_before_a_run() {
        assert_eq!(compile("steps.q.rows | lenght").unwrap_err(), (15, "unknown filter `lenght`; near: length".into()));
        assert_eq!(compile("a is defiend").unwrap_err().0, 5);
        assert_eq!(compile("range(3)").unwrap().names(), ["range"]);
        assert!(compile("1 +").unwrap_err().1.starts_with("this is not a valid expression"));
    }
}
