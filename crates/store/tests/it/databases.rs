//! Each behaviour is tried on both databases.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use store::{Options, Store};
use tempfile::TempDir;

use crate::postgres_server::PostgresServer;

/// What a behaviour is tried in: an empty folder and an empty database.
pub struct Place {
    pub options: Options,
    pub folder: TempDir,
}

impl Place {
    pub async fn open(&self) -> Store {
        Store::open(&self.options).await.unwrap()
    }

    pub fn is_postgres(&self) -> bool {
        self.options.url.starts_with("postgres")
    }

    /// An empty place beside, with the same master key.
    pub async fn beside(&self, name: &str) -> Options {
        let data = self.folder.path().join(name);
        fs::create_dir_all(&data).unwrap();
        fs::copy(
            self.options.data.join("master.key"),
            data.join("master.key"),
        )
        .unwrap();
        let url = match self.is_postgres() {
            true => self.another_database(name).await,
            false => "sqlite:freehold.db".to_owned(),
        };
        Options {
            url,
            ..Options::new(data)
        }
    }

    /// The address of another, empty database in the same PostgreSQL.
    pub async fn another_database(&self, name: &str) -> String {
        let (server, own) = self.options.url.rsplit_once('/').unwrap();
        let name = format!("{own}_{name}");
        self.tamper(&format!("CREATE DATABASE {name}")).await;
        format!("{server}/{name}")
    }

    /// Changes the database behind the store's back.
    pub async fn tamper(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.is_postgres() {
            let options: sqlx::postgres::PgConnectOptions = self.options.url.parse().unwrap();
            let mut connection = options.connect().await.unwrap();
            let done = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            done.rows_affected()
        } else {
            let path = self.options.data.join("freehold.db");
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection = options.connect().await.unwrap();
            let done = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            done.rows_affected()
        }
    }
}

pub fn on_sqlite<F: Future<Output = ()>>(behaviour: impl FnOnce(Place) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(folder.path().join("data"));
    runtime().block_on(behaviour(Place { options, folder }));
}

pub fn on_postgres<F: Future<Output = ()>>(behaviour: impl FnOnce(Place) -> F) {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let Some(server) = PostgresServer::of_this_run() else {
        eprintln!("SKIPPED: PostgreSQL IS NOT INSTALLED, NOTHING WAS TRIED ON IT");
        eprintln!("hint: sudo apt-get install postgresql");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("freehold_{}_{number}", std::process::id());
    let mut options = Options::new(folder.path().join("data"));
    runtime().block_on(async {
        let connect: sqlx::postgres::PgConnectOptions = server.url("postgres").parse().unwrap();
        let mut connection = connect.connect().await.unwrap();
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create)
            .execute(&mut connection)
            .await
            .unwrap();
        options.url = server.url(&name);
        behaviour(Place { options, folder }).await;
        let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
        sqlx::raw_sql(drop).execute(&mut connection).await.unwrap();
    });
}

pub fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// `on_both! { a_statement, another }`: each function is a test on each database.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { crate::databases::on_sqlite(super::$name); })*
        }
        mod postgres {
            $(#[test] fn $name() { crate::databases::on_postgres(super::$name); })*
        }
    };
}
