//! What is known, in one SQLite file that survives the process.

mod lock;
mod prune;
mod rows;

pub use rows::{Rows, Sample, StoredRun};

use crate::clock::now_ms;
use emqx_rebalance_client::private;
use emqx_rebalance_core::driver::{Driver, Record};
use emqx_rebalance_core::policy::{Decision, Engine};
use emqx_rebalance_core::{Error, Problem, Result};
use lock::Lock;
use serde::Serialize;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{SqlSafeStr, Sqlite, Transaction};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file that keeps what is known. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
    path: Arc<PathBuf>,
    /// Nobody else uses the file while this is held.
    _lock: Option<Arc<Lock>>,
}

/// What came of one look at a cluster, to be kept all at once or not at all.
#[derive(Debug)]
pub struct Look<'a> {
    /// The cluster.
    pub cluster: &'a str,
    /// What the policy remembers.
    pub engine: &'a Engine,
    /// What it decided, and whether that is another decision than the last one.
    pub decision: (&'a Decision, bool),
    /// The load, if it was read.
    pub sample: Option<Sample>,
    /// What is to be started.
    pub start: Option<&'a Driver>,
}

impl Store {
    /// Opens the file, makes it if it is not there, and brings it up to date. One process uses it at a time.
    ///
    /// # Errors
    /// `conflict` if another process uses it, and which; `config_invalid` if it cannot be used.
    pub async fn open(path: &Path) -> Result<Self> {
        let lock = Lock::take(path)?;
        // What SQLite makes would be readable by everybody, and what it puts beside it is as the file is.
        private().append(true).create(true).open(path).map_err(|error| bad(path, &error))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let store = Self::connect(path, options, Some(Arc::new(lock))).await?;
        migrator().run(&store.pool).await.map_err(|error| store.bad(&error))?;
        Ok(store)
    }

    /// Opens the file to look into it, whoever uses it.
    ///
    /// # Errors
    /// `config_invalid` if it is not there, or cannot be read.
    pub async fn look_into(path: &Path) -> Result<Self> {
        Self::connect(path, SqliteConnectOptions::new().filename(path).read_only(true), None).await
    }

    async fn connect(
        path: &Path,
        options: SqliteConnectOptions,
        lock: Option<Arc<Lock>>,
    ) -> Result<Self> {
        // One connection: SQLite has one writer, and waits for nobody then.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
        let pool = pool.map_err(|error| bad(path, &error))?;
        Ok(Self { pool, path: Arc::new(path.to_owned()), _lock: lock })
    }

    /// Keeps a look; gives the number of the run that it starts.
    ///
    /// # Errors
    /// `config_invalid` if it cannot be kept: nothing of it is, and nothing may be started.
    pub async fn keep(&self, look: Look<'_>) -> Result<Option<i64>> {
        let work = async {
            let mut all = self.pool.begin().await?;
            let run = match look.start {
                Some(driver) => Some(begin(&mut all, look.cluster, driver).await?),
                None => None,
            };
            remember(&mut all, look.cluster, look.engine).await?;
            decide(&mut all, look.cluster, look.decision).await?;
            if let Some(sample) = look.sample {
                sample.add(&mut all, look.cluster).await?;
            }
            all.commit().await?;
            Ok(run)
        };
        work.await.map_err(|error: sqlx::Error| self.bad(&error))
    }

    /// Keeps the state of a run.
    ///
    /// # Errors
    /// `config_invalid` if it cannot be kept.
    pub async fn save(&self, run: i64, driver: &Driver) -> Result<()> {
        let query =
            sqlx::query("UPDATE run SET state = ? WHERE id = ?").bind(json(driver)).bind(run);
        query.execute(&self.pool).await.map(drop).map_err(|error| self.bad(&error))
    }

    /// Keeps the end of a run, with what the policy makes of it.
    ///
    /// # Errors
    /// `config_invalid` if it cannot be kept: nothing of it is.
    pub async fn end(&self, run: i64, record: &Record, look: Look<'_>) -> Result<()> {
        let work = async {
            let mut all = self.pool.begin().await?;
            sqlx::query("UPDATE run SET ended_at = ?, record = ? WHERE id = ?")
                .bind(whole(record.ended_at.as_ms()))
                .bind(json(record))
                .bind(run)
                .execute(&mut *all)
                .await?;
            remember(&mut all, look.cluster, look.engine).await?;
            decide(&mut all, look.cluster, look.decision).await?;
            all.commit().await
        };
        work.await.map_err(|error: sqlx::Error| self.bad(&error))
    }

    fn bad(&self, error: &dyn Display) -> Error {
        bad(&self.path, error)
    }
}

fn bad(path: &Path, error: &dyn Display) -> Error {
    let bound = format!("a file of SQLite that can be used: {error}");
    Error::invalid("store", vec![Problem::new("store", path.display(), bound)])
}

async fn begin(
    all: &mut Transaction<'_, Sqlite>,
    cluster: &str,
    driver: &Driver,
) -> sqlx::Result<i64> {
    let began = sqlx::query("INSERT INTO run (cluster, began_at, state) VALUES (?, ?, ?)")
        .bind(cluster)
        .bind(whole(now_ms()))
        .bind(json(driver))
        .execute(&mut **all)
        .await?;
    Ok(began.last_insert_rowid())
}

async fn remember(
    all: &mut Transaction<'_, Sqlite>,
    cluster: &str,
    engine: &Engine,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO cluster (name, engine) VALUES (?, ?) \
               ON CONFLICT (name) DO UPDATE SET engine = excluded.engine";
    sqlx::query(sql).bind(cluster).bind(json(engine)).execute(&mut **all).await.map(drop)
}

async fn decide(
    all: &mut Transaction<'_, Sqlite>,
    cluster: &str,
    (decision, is_new): (&Decision, bool),
) -> sqlx::Result<()> {
    if !is_new {
        let sql = "UPDATE decision SET until = ?, decision = ? \
                   WHERE id = (SELECT max(id) FROM decision WHERE cluster = ?)";
        let query =
            sqlx::query(sql).bind(whole(decision.until.as_ms())).bind(json(decision)).bind(cluster);
        return query.execute(&mut **all).await.map(drop);
    }
    sqlx::query(
        "INSERT INTO decision (cluster, at, until, reason, decision) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(cluster)
    .bind(whole(decision.at.as_ms()))
    .bind(whole(decision.until.as_ms()))
    .bind(decision.reason.as_str())
    .bind(json(decision))
    .execute(&mut **all)
    .await
    .map(drop)
}

/// What has names of ours for members always has a JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A count as SQLite has it.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn migrator() -> Migrator {
    let begin = include_str!("../../migrations/sqlite/0001_begin.sql");
    let first =
        Migration::new(1, "begin".into(), MigrationType::Simple, begin.into_sql_str(), false);
    Migrator::with_migrations(vec![first])
}

#[cfg(test)]
mod tests;
