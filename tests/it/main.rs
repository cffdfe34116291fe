//! All tests that look at fleet from outside, in one binary.

#[cfg(test)]
mod bed;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostkeys;
#[cfg(test)]
mod house;
#[cfg(test)]
mod interrupt;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod support;
