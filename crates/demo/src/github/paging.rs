//! Lists come in pages, with the `Link` header of RFC 8288 as GitHub writes it.

use axum::http::{HeaderName, Uri, header};

/// GitHub allows 100 on a page. Here it is fewer, so that there are always several pages to walk.
const LARGEST: usize = 8;

/// The header that leads to the other pages, where there are any.
pub(super) type Links = Option<[(HeaderName, String); 1]>;

/// The part of a list that was asked for at `address`, below `origin`.
pub(super) fn page<T>(origin: &str, address: &Uri, all: Vec<T>) -> (Links, Vec<T>) {
    let query = address.query().unwrap_or_default();
    let number = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        value.parse::<usize>().ok().filter(|number| *number > 0)
    };
    let (per_page, page) = (number("per_page").unwrap_or(LARGEST).min(LARGEST), number("page").unwrap_or(1));
    let last = all.len().div_ceil(per_page);
    let links = links(&format!("{origin}{}", address.path()), query, page, last);
    let shown = all.into_iter().skip((page - 1).saturating_mul(per_page)).take(per_page).collect();
    ((!links.is_empty()).then_some([(header::LINK, links)]), shown)
}

fn links(address: &str, query: &str, page: usize, last: usize) -> String {
    let others: Vec<_> =
        query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("page=")).collect();
    let link = |page: usize, relation: &str| {
        let query = [&others[..], &[&format!("page={page}")]].concat().join("&");
        format!("<{address}?{query}>; rel=\"{relation}\"")
    };
    let backwards = (page > 1).then(|| [link(page - 1, "prev"), link(1, "first")]);
    let forwards = (page < last).then(|| [link(page + 1, "next"), link(last, "last")]);
    backwards.into_iter().chain(forwards).flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_page_links_forwards_and_the_last_one_backwards() {
        let page = |query: &str| {
            let (links, shown) =
                page("http://h", &format!("/api/x{query}").parse().unwrap(), (0..12).collect());
            (links.map(|[(_, links)]| links).unwrap_or_default(), shown)
        };
        let (links, shown) = page("?per_page=5&sort=pushed");
        assert_eq!(shown, [0, 1, 2, 3, 4]);
        assert_eq!(
            links,
            "<http://h/api/x?per_page=5&sort=pushed&page=2>; rel=\"next\", \
             <http://h/api/x?per_page=5&sort=pushed&page=3>; rel=\"last\""
        );
        let (links, shown) = page("?per_page=5&page=3");
        assert_eq!(shown, [10, 11]);
        assert!(links.contains("page=2>; rel=\"prev\"") && !links.contains("next"), "{links}");
        assert_eq!(page("?page=0&per_page=100").1.len(), LARGEST);
        assert!(page("?page=9").1.is_empty());
    }
}
