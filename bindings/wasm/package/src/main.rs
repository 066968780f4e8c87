//! Makes what the npm package is built from: `package FOLDER WASM…` binds the WebAssembly modules
//! for JavaScript and writes the TypeScript types of the JSON, all into FOLDER.

mod bind;
mod options;
mod types;

use anyhow::{Context, Result};
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().context("usage: package FOLDER WASM…")?;
    fs::create_dir_all(&folder)?;
    for wasm in arguments {
        bind::bind(&wasm, &folder)?;
    }
    fs::write(folder.join("contract.ts"), types::contract())?;
    fs::write(folder.join("messages.ts"), types::messages())?;
    fs::write(folder.join("cluster-config.ts"), types::simulation())?;
    Ok(())
}
