//! What is known of the host, and what a step is evaluated with.

use crate::engine::job::Clock;
use crate::host::os_support::Policy;
use crate::mail::signals::Baseline;
use crate::model::{Change, Host, Profile, Secret};
use crate::playbook::verb::changing::Changing;
use crate::playbook::verb::{Body, Ctx};
use crate::playbook::{Params, Playbook, Scope, Step};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The playbook, and all that its expressions and verbs know.
pub(super) struct Facts {
    pub playbook: Arc<Playbook>,
    host: Arc<Host>,
    profile: Profile,
    clock: Clock,
    pub scope: Scope,
    pub baseline: Arc<Baseline>,
    /// How long a part of a step without its own timeout may take.
    timeout: Duration,
}

impl Facts {
    pub fn new(playbook: Arc<Playbook>, params: &Params, host: Arc<Host>, clock: Clock, timeout: Duration) -> Self {
        let scope = Scope::new(params, &host);
        Self { playbook, host, profile: Profile::default(), clock, scope, baseline: Arc::default(), timeout }
    }

    /// What the host turned out to be.
    pub fn profiled(&mut self, profile: Profile) {
        let support = self.clock.support.judge_os(&profile.os, self.clock.as_of, Policy::default());
        let support = serde_json::to_value(support).unwrap_or_default();
        self.scope.set_profile(&profile, &support);
        self.profile = profile;
    }

    pub fn step(&self, index: usize) -> Option<&Step> {
        self.playbook.steps.iter().chain(&self.playbook.always).nth(index)
    }

    /// The verb of a change.
    pub fn verb(&self, change: &Change) -> Option<&'static dyn Changing> {
        match self.step(change.step)?.body {
            Body::Changing(verb) => Some(verb),
            _ => None,
        }
    }

    /// One scope, or with a for_each one for each item, with its label.
    fn items(&self, step: &Step) -> Result<Vec<(Option<String>, Scope)>, String> {
        let items = step.items(&self.scope).map_err(|e| e.to_string())?;
        Ok(match items {
            None => vec![(None, self.scope.clone())],
            Some(items) => items.into_iter().map(|(label, item)| (Some(label), self.scope.with_item(item))).collect(),
        })
    }

    /// Those of its items for which its condition holds.
    pub fn wanted(&self, step: &Step) -> Result<Vec<(Option<String>, Scope)>, String> {
        let mut wanted = Vec::new();
        for (label, scope) in self.items(step)? {
            if step.when.as_ref().map_or(Ok(true), |when| when.truth(&scope)).map_err(|e| e.to_string())? {
                wanted.push((label, scope));
            }
        }
        Ok(wanted)
    }

    /// What a verb is given.
    pub fn ctx<'a>(&'a self, args: &'a Value, secret: Option<&'a Secret>, again: bool) -> Ctx<'a> {
        let Clock { now, as_of, ref support, ref geo } = self.clock;
        let Self { host, profile, baseline, .. } = self;
        Ctx { args, host, profile, now, as_of, support, geo, baseline, secret, again }
    }

    /// How long one part of it may take.
    pub fn timeout(&self, step: &Step) -> Duration {
        step.timeout.unwrap_or(self.timeout)
    }

    /// How long one act of a change of it may take.
    pub fn change_timeout(&self, step: &Step) -> Duration {
        // Deleting 4,000 messages took 22 s on two cores.
        step.timeout.unwrap_or(self.timeout.max(Duration::from_secs(600)))
    }
}
