//! What 10,000 real clients cost, and how evenly they are evicted: two processes, since one may
//! not open enough files for both ends of that many connections.
//!
//! `cargo run --release -p emqx-rebalance-sim --features server --example ten_thousand_clients`
//! prints one line for each figure: connect time, server memory per connection, eviction pace.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use emqx_rebalance_sim::ClusterConfig;
use emqx_rebalance_sim::server::{Embedded, MqttOptions, ServerOptions};
use http::Request;
use std::error::Error;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const CLIENTS: u32 = 10_000;
const RATE: u32 = 2_000;
/// Connections that are being opened at one time.
const IN_FLIGHT: usize = 256;

#[tokio::main]
async fn main() -> Outcome<()> {
    match std::env::args().nth(1) {
        Some(address) => clients(address.parse()?).await,
        None => server().await,
    }
}

async fn server() -> Outcome<()> {
    let config = ClusterConfig::with_clients(&[0, 0])?;
    let options = ServerOptions { mqtt: Some(MqttOptions::default()), ..Default::default() };
    let cluster = Embedded::start_on(config, options).await?;
    let address = cluster.mqtt_addresses().first().ok_or("no node")?.to_string();
    let before = resident_kib()?;
    let mut clients = Command::new(std::env::current_exe()?)
        .arg(address)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(clients.stdout.take().ok_or("no stdout")?).lines();
    println!("{}", lines.next_line().await?.ok_or("no clients")?);
    let connected = cluster.with(|simulation| simulation.cluster.counts(0).connected);
    let grown = resident_kib()?.saturating_sub(before);
    println!("server: {connected} connections, {grown} KiB more than before them");
    println!("server: {} bytes per connection", grown * 1024 / connected.max(1));
    evacuate(&cluster)?;
    while let Some(line) = lines.next_line().await? {
        println!("{line}");
    }
    Ok(())
}

/// Resident memory of this process.
fn resident_kib() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
}

fn evacuate(cluster: &Embedded) -> Outcome<()> {
    let pair = format!("{}:{}", cluster.api_key(), cluster.api_secret());
    let pair = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair);
    let body = format!("{{\"conn_evict_rate\":{RATE},\"wait_health_check\":0}}");
    let request = Request::post("/api/v5/load_rebalance/emqx1@127.0.0.1/evacuation/start")
        .header("authorization", format!("Basic {pair}"))
        .header("content-type", "application/json")
        .body(body.into_bytes())?;
    let answer = cluster.with(|simulation| format!("{:?}", simulation.answer(0, &request)));
    if answer.contains("200") { Ok(()) } else { Err(answer.into()) }
}

async fn clients(address: SocketAddr) -> Outcome<()> {
    let started = Instant::now();
    let gate = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut connecting = JoinSet::new();
    for number in 0..CLIENTS {
        connecting.spawn(connect(address, number, Arc::clone(&gate)));
    }
    let mut evicted = JoinSet::new();
    while let Some(stream) = connecting.join_next().await {
        evicted.spawn(farewell(stream??));
    }
    println!("clients: {CLIENTS} connected in {} ms", started.elapsed().as_millis());
    let mut times = Vec::new();
    while let Some(time) = evicted.join_next().await {
        times.push(time??);
    }
    times.sort_unstable();
    report(&times);
    Ok(())
}

async fn connect(address: SocketAddr, number: u32, gate: Arc<Semaphore>) -> Outcome<TcpStream> {
    let _slot = gate.acquire().await?;
    let mut stream = TcpStream::connect(address).await?;
    // MQTT 5, session expiry 2 h, no keep-alive.
    let mut packet =
        b"\x10\x17\x00\x04MQTT\x05\x00\x00\x00\x05\x11\x00\x00\x1c\x20\x00\x05".to_vec();
    packet.extend(format!("{number:05}").bytes());
    stream.write_all(&packet).await?;
    let mut answer = [0; 24];
    stream.read_exact(&mut answer).await?;
    if answer.starts_with(&[0x20, 0x16, 0, 0]) {
        Ok(stream)
    } else {
        Err(format!("{answer:02x?}").into())
    }
}

/// When the DISCONNECT came.
async fn farewell(mut stream: TcpStream) -> Outcome<Instant> {
    let mut packet = Vec::new();
    stream.read_to_end(&mut packet).await?;
    let time = Instant::now();
    if packet == [0xe0, 2, 0x9c, 0] { Ok(time) } else { Err(format!("{packet:02x?}").into()) }
}

fn report(times: &[Instant]) {
    let rounds: Vec<&[Instant]> = times.chunks(RATE as usize).collect();
    let mut starts = Vec::new();
    for round in &rounds {
        if let [first, .., last] = round {
            let took = last.duration_since(*first).as_millis();
            println!("clients: {} evicted within {took} ms", round.len());
            starts.push(*first);
        }
    }
    if let [first, .., last] = &starts[..] {
        let seconds = last.duration_since(*first).as_secs_f64();
        let evicted: usize = rounds.iter().take(starts.len() - 1).map(|round| round.len()).sum();
        let evicted = u32::try_from(evicted).unwrap_or(u32::MAX);
        println!("clients: {:.1} evicted a second", f64::from(evicted) / seconds);
    }
}
