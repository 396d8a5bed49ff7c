//! A page for a person: one thing that happened, and what to do now. It loads nothing and runs
//! nothing.

use lambda_http::{
    Body, Response,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY},
    },
};

const STYLE: &str = "body{font:1.05rem/1.6 system-ui,sans-serif;color:#1c2430;background:#f6f7f9;\
    margin:0;padding:12vh 1.5rem}main{max-width:34rem;margin:auto;background:#fff;\
    border:1px solid #dfe3e8;border-radius:.6rem;padding:2rem 2.2rem}h1{font-size:1.35rem;\
    margin:0 0 .6rem}li{margin:.4rem 0}code{background:#f0f2f5;padding:.1rem .35rem;\
    border-radius:.25rem}a{display:inline-block;margin:1rem 0 0;padding:.6rem 1.1rem;\
    border-radius:.4rem;background:#1c2430;color:#fff;text-decoration:none}.name{color:#66707c;font-size:.9rem;margin:0 0 1.4rem}";

pub(crate) struct Page<'a> {
    pub(crate) status: StatusCode,
    pub(crate) title: &'a str,
    /// Text, which is escaped here.
    pub(crate) said: &'a str,
    /// What to do, in order.
    pub(crate) steps: &'a [&'a str],
    /// Where to go on, and what it says there.
    pub(crate) next: Option<(&'a str, &'a str)>,
}

impl Page<'_> {
    pub(crate) fn answer(&self) -> Response<Body> {
        let mut response = edge::answer(self.status, "text/html; charset=utf-8", self.html());
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        for (name, value) in [
            (CONTENT_SECURITY_POLICY, policy),
            (CACHE_CONTROL, "no-store"),
            // The address has a code in it.
            (REFERRER_POLICY, "no-referrer"),
        ] {
            set(&mut response, name, value);
        }
        response
    }

    fn html(&self) -> String {
        let (title, said) = (escaped(self.title), escaped(self.said));
        let steps: Vec<_> = self.steps.iter().map(|it| escaped(it)).collect();
        let steps = match &steps[..] {
            [] => String::new(),
            steps => format!("<ol><li>{}</li></ol>", steps.join("</li><li>")),
        };
        let next = self.next.map_or_else(String::new, |(url, says)| {
            format!("<a href=\"{}\">{}</a>", escaped(url), escaped(says))
        });
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <title>{title}</title><style>{STYLE}</style></head><body><main>\
             <p class=\"name\">Duplex</p><h1>{title}</h1><p>{said}</p>{steps}{next}</main></body></html>"
        )
    }
}

fn set(response: &mut Response<Body>, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_text_and_nothing_else() {
        let status = StatusCode::OK;
        let page = Page {
            status,
            title: "<b>",
            said: "a & 'b'",
            steps: &["\"c\""],
            next: Some(("https://here/?a=1&b=\"", "<d>")),
        };
        let html = page.html();
        assert!(html.contains("<h1>&lt;b&gt;</h1><p>a &amp; &#39;b&#39;</p>"), "{html}");
        assert!(html.contains("<ol><li>&quot;c&quot;</li></ol>"), "{html}");
        let next = "<a href=\"https://here/?a=1&amp;b=&quot;\">&lt;d&gt;</a>";
        assert!(html.contains(next), "{html}");
    }
}
