//! All tests that look at fleet from outside, in one binary.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod bed;
#[cfg(test)]
mod breaks;
#[cfg(test)]
mod captures;
#[cfg(test)]
mod changing;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod cuts;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod geoip;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostkeys;
#[cfg(test)]
mod house;
#[cfg(test)]
mod interrupt;
#[cfg(test)]
mod kills;
#[cfg(test)]
#[path = "../../src/mail/geo/testing.rs"]
mod mmdb;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod rescue;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod senders;
#[cfg(test)]
mod sentences;
#[cfg(test)]
mod fake_host;
#[cfg(test)]
mod state;
#[cfg(test)]
mod support;
#[cfg(test)]
mod wide;
