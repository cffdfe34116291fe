//! Arguments: YAML values whose texts may hold `{{ }}`. Compiled once; only playbook text is ever a template.

use super::check::Checker;
use super::expr::{EvalError, Expr};
use super::lex::{self, Piece};
use super::scope::Scope;
use crate::model::schema::Type;
use crate::model::yaml::{Node, Yaml};
use serde_json::{Map, Value};

/// A compiled argument.
#[derive(Debug)]
pub(crate) enum Arg {
    Literal(Value),
    /// A text that is one `{{ x }}` and nothing else: the value keeps its type.
    Lone(Expr),
    Text(Vec<Part>),
    /// A bare expression, true or false.
    Condition(Expr),
    List(Vec<Arg>),
    Map(Vec<(String, Arg)>),
}

#[derive(Debug)]
pub(crate) enum Part {
    Text(String),
    Code(Expr),
}

impl Arg {
    /// Compiles a value of the given type; what is wrong goes to the checker's problems.
    pub fn compile(name: &str, node: &Node, ty: &Type, checker: &mut Checker<'_>) -> Self {
        match (&node.value, ty) {
            (Yaml::Str(_), Type::Expr | Type::Either(Type::Expr, _)) => {
                checker.bare(name, node, &Type::Expr).map_or(Self::Literal(Value::Null), Self::Condition)
            }
            (Yaml::Str(_), Type::ListExpr) => {
                checker.bare(name, node, &Type::List(&Type::Any)).map_or(Self::Literal(Value::Null), Self::Lone)
            }
            (Yaml::Str(text), _) => Self::compile_text(name, node, text, ty, checker),
            (Yaml::Seq(items), ty) => {
                let item = element(ty);
                Self::List(items.iter().map(|i| Self::compile(name, i, &item, checker)).collect())
            }
            (Yaml::Map(entries), ty) => {
                let mut out = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    if key.text.contains("{{") {
                        checker.problem(key.place, "a key cannot be a template", "`{{ }}` is allowed only in values");
                    }
                    let ty = entry(ty, &key.text);
                    out.push((key.text.clone(), Self::compile(&key.text, value, &ty, checker)));
                }
                Self::Map(out)
            }
            _ => Self::Literal(node.to_json()),
        }
    }

    fn compile_text(name: &str, node: &Node, text: &str, ty: &Type, checker: &mut Checker<'_>) -> Self {
        let literal = Self::Literal(Value::String(text.to_owned()));
        if text.contains("{%") && text.contains("%}") {
            let help = "only `{{ }}` is supported; for conditions, use a step with `when`";
            checker.problem(node.place, "`{% %}` statements are not supported", help);
            return literal;
        }
        let pieces = match lex::pieces(text) {
            Ok(pieces) => pieces,
            Err(at) => {
                let place = checker.place(node, at);
                checker.problem(place, "a `{{` without a matching `}}`", "for literal braces: {{ '{{' }}");
                return literal;
            }
        };
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.push(Part::Text(text.to_owned())),
                Piece::Code(at, code) => {
                    let inset = code.len() - code.trim_start().len();
                    let Some(expr) = checker.expr(node, code.trim(), at + inset) else { return literal };
                    parts.push(Part::Code(expr));
                }
            }
        }
        match parts.pop() {
            None => literal,
            Some(Part::Code(expr)) if parts.is_empty() => {
                let at = text.find(expr.text()).unwrap_or(0);
                checker.fit(name, node, at, &expr, ty);
                Self::Lone(expr)
            }
            Some(Part::Text(text)) if parts.is_empty() => Self::Literal(Value::String(text)),
            Some(last) => {
                parts.push(last);
                Self::Text(parts)
            }
        }
    }

    /// The value on one host.
    pub fn render(&self, scope: &Scope) -> Result<Value, EvalError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Lone(expr) => {
                let value = expr.eval(scope)?;
                serde_json::to_value(&value).map_err(|_| expr.error("its value cannot be serialized"))
            }
            Self::Condition(expr) => expr.truth(scope).map(Value::Bool),
            Self::Text(parts) => {
                let mut out = String::new();
                for part in parts {
                    match part {
                        Part::Text(text) => out.push_str(text),
                        Part::Code(expr) => out.push_str(&expr.eval(scope)?.to_string()),
                    }
                }
                Ok(Value::String(out))
            }
            Self::List(items) => items.iter().map(|i| i.render(scope)).collect::<Result<_, _>>().map(Value::Array),
            Self::Map(entries) => {
                let one = |(key, arg): &(String, Arg)| Ok((key.clone(), arg.render(scope)?));
                entries.iter().map(one).collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
        }
    }

    /// Whether any part of it is computed.
    pub fn is_code(&self) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Lone(_) | Self::Text(_) | Self::Condition(_) => true,
            Self::List(items) => items.iter().any(Self::is_code),
            Self::Map(entries) => entries.iter().any(|(_, arg)| arg.is_code()),
        }
    }

    /// The argument of that name, when this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&Arg> {
        match self {
            Self::Map(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, arg)| arg),
            _ => None,
        }
    }
}

fn element(ty: &Type) -> Type {
    match ty {
        Type::List(item) | Type::Either(_, Type::List(item)) => **item,
        _ => Type::Any,
    }
}

fn entry(ty: &Type, key: &str) -> Type {
    match ty {
        Type::Object(fields) => fields.iter().find(|f| f.name == key).map_or(Type::Any, |f| f.ty),
        Type::Map(item) => **item,
        _ => Type::Any,
    }
}
