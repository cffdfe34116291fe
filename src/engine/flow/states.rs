//! How far the steps of a walk are, by their index.

/// How far one step is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    Pending,
    Asked,
    /// It reads what a change left, and the changes are only being planned.
    Deferred,
    /// Over, and whether it left a result that others may read.
    Over {
        result: bool,
    },
}

/// How far all steps are, those of `always` last.
#[derive(Debug)]
pub(super) struct States {
    states: Vec<State>,
    tries: Vec<u32>,
}

impl States {
    pub fn pending(count: usize) -> Self {
        Self { states: vec![State::Pending; count], tries: vec![0; count] }
    }

    pub fn set(&mut self, index: usize, state: State) {
        if let Some(slot) = self.states.get_mut(index) {
            *slot = state;
        }
    }

    pub fn is(&self, index: usize, state: State) -> bool {
        self.states.get(index) == Some(&state)
    }

    pub fn is_over(&self, index: usize) -> bool {
        matches!(self.states.get(index), Some(State::Over { .. }))
    }

    /// Nothing more comes of it for now.
    pub fn is_past(&self, index: usize) -> bool {
        self.is_over(index) || self.is(index, State::Deferred)
    }

    /// Nothing more comes of any step before it.
    pub fn are_past_before(&self, index: usize) -> bool {
        (0..index).all(|earlier| self.is_past(earlier))
    }

    pub fn are_over(&self) -> bool {
        (0..self.states.len()).all(|index| self.is_over(index))
    }

    /// Lets the step be asked once more, unless it was `most` times.
    pub fn retry(&mut self, index: usize, most: u32) -> bool {
        let Some(tries) = self.tries.get_mut(index).filter(|tries| **tries < most) else { return false };
        *tries += 1;
        self.set(index, State::Pending);
        true
    }
}
