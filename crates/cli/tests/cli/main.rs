//! The real binary: its texts, its JSON, its exit codes, against files, hostile servers and the
//! embedded cluster.

#![cfg(test)]

mod approved;
mod bad_input;
mod canary;
mod command;
mod demo;
mod doctor;
mod evacuate;
mod extremes;
mod faults;
mod fleet_demo;
mod history;
mod hostile;
mod journey;
mod leaving;
mod offline;
mod reconnects;
mod relay;
mod remembered;
mod resume;
mod shell;
mod watch;
mod words;
