//! Everything together, in `tests/`: planner, driver, nodes, sessions, real clients and a real load
//! balancer. There is nothing to use here.
