//! The page about one rebalance as WebAssembly: what `emqx-rebalance/report` calls. A module of its
//! own, loaded when somebody wants a page: few do, and everybody else would carry it.

pub mod page;
