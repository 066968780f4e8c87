//! A page that shows one rebalance: plan, course and verdict.
