//! Our router: HTTP in front of a fleet, with no more than it takes.

use std::net::SocketAddr;

use fleet::{Call, Error, Fleet, Options, Routing, Upstream};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::server;

/// Starts one in front of the servers at `urls`.
pub async fn start(routing: Routing, urls: &[String]) -> SocketAddr {
    let upstreams = urls.iter().enumerate().map(|(number, url)| {
        let mut upstream = Upstream::new(number.to_string(), format!("{url}/v1"));
        upstream.models = [("m".to_owned(), "m".to_owned())].into();
        upstream
    });
    let options = Options {
        upstreams: upstreams.collect(),
        routing,
        seed: Some(1),
        ..Options::default()
    };
    let fleet = Fleet::start(options).unwrap();
    fleet.ready().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let fleet = fleet.clone();
            tokio::spawn(async move {
                let serve = service_fn(|request| pass(request, fleet.clone()));
                let http = hyper::server::conn::http1::Builder::new();
                drop(http.serve_connection(TokioIo::new(stream), serve).await);
            });
        }
    });
    address
}

async fn pass(request: Request<Incoming>, fleet: Fleet) -> Result<Response<fleet::Body>, Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let path = head.uri.path().strip_prefix("/v1").unwrap().to_owned();
    let mut call = Call::new("m", path, body.clone());
    // As whoever checks a request would have to: it is parsed.
    call.prefix = server::text(&body).into();
    call.headers = head.headers;
    let reply = fleet.send(call).await?;
    let mut response = Response::new(reply.body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    Ok(response)
}
