//! Keeps the module in memory once it is loaded.

fn main() {
    // Lua unloads its modules when a state is closed, but the background thread and the destructors
    // of thread-local values would still run the module's code.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo::rerun-if-changed=build.rs");
}
