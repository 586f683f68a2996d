"""What machines read: link previews, oEmbed, canonical addresses, titles, robots.txt and sitemaps of the real server."""

import html.parser
import pathlib
import re
import shutil
import tempfile
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

from harness import Client, Server, clip_folder, make_clip

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8" /><meta name="description" content="of the file" />
<script>document.documentElement.dataset.early = '1';</script><title>of the file</title></head><body><div id="app"></div></body></html>
"""
HOSTILE = """</title><script>alert(1)</script> "quoted" 'single' & <b>bold</b> #cats"""


class Head(html.parser.HTMLParser):
    """The tags of a page's head as a machine finds them."""

    def __init__(self, text):
        super().__init__()
        self.title, self.meta, self.links, self.scripts, self.tags = None, {}, {}, [], []
        self.open = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.open = tag
        if tag == "meta" and ("property" in attrs or "name" in attrs):
            self.meta[attrs.get("property") or attrs["name"]] = attrs.get("content")
        if tag == "link":
            self.links[attrs.get("type") or attrs["rel"]] = attrs["href"]

    def handle_endtag(self, tag):
        self.open = None

    def handle_data(self, data):
        if self.open == "title" and self.title is None:
            self.title = data
        if self.open == "script":
            self.scripts.append(data)


class PagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.web = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-web-"))
        (cls.web / "index.html").write_text(PAGE)
        cls.server = Server(arguments=["--web", str(cls.web)])
        folder = clip_folder()
        cls.mara = Client(cls.server).sign_up("mara.k", display_name="Mara <K> & co", language="de")
        cls.public = cls.mara.publish(make_clip(folder / "a.mp4", size="360x640", seed=1), HOSTILE)
        cls.private = cls.mara.publish(make_clip(folder / "b.mp4", seed=2), "secret words #hidden", visibility="only_me")
        cls.followers = cls.mara.publish(make_clip(folder / "c.mp4", seed=3), "friends' words #hidden", visibility="followers")
        cls.draft = cls.mara.publish(make_clip(folder / "d.mp4", seed=4), "half a thought #hidden", draft="true")
        cls.clip = make_clip(folder / "e.mp4", seed=5)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        shutil.rmtree(cls.web, ignore_errors=True)

    def page(self, path, **headers):
        return Client(self.server).raw("GET", path, headers=headers)

    def head(self, path, status=200):
        answer = self.page(path)
        self.assertEqual(answer.status, status, path)
        self.assertTrue(answer.headers["content-type"].startswith("text/html"), path)
        return Head(answer.body.decode())

    def local(self, address):
        """The path of a whole address, which must be this server's."""
        self.assertTrue(address.startswith(f"http://127.0.0.1:{self.server.port}/"), address)
        return address[len(f"http://127.0.0.1:{self.server.port}"):]

    def oembed(self, url, **query):
        return Client(self.server).raw("GET", "/api/v1/oembed?" + urllib.parse.urlencode({"url": url, **query}))

    def test_a_public_video_has_what_a_messenger_draws(self):
        path = "/v/" + self.public["id"]
        head = self.head(path)
        self.assertIn("</title><script>alert(1)</script>", head.title)
        self.assertEqual(head.scripts, ["document.documentElement.dataset.early = '1';"])
        self.assertNotIn("b", head.tags)
        self.assertIn("Mara <K> & co", head.title)
        self.assertEqual(self.local(head.links["canonical"]), path)
        self.assertEqual(self.local(head.meta["og:url"]), path)
        self.assertEqual(head.meta["og:type"], "video.other")
        self.assertEqual(head.meta["og:locale"], "de_DE")
        self.assertEqual(head.meta["twitter:card"], "summary_large_image")
        self.assertIn('"quoted"', head.meta["og:description"])
        cover = self.page(self.local(head.meta["og:image"]))
        self.assertEqual((cover.status, cover.headers["content-type"], cover.body[:2]), (200, "image/jpeg", b"\xff\xd8"))
        width, height = int(head.meta["og:image:width"]), int(head.meta["og:image:height"])
        frame = re.search(rb"\xff[\xc0-\xc2]..\x08(..)(..)", cover.body, re.S)
        self.assertEqual((int.from_bytes(frame[2], "big"), int.from_bytes(frame[1], "big")), (width, height))
        self.assertGreater(height, width)
        video = self.page(self.local(head.meta["og:video"]))
        self.assertEqual(video.status, 302)
        media = self.page(video.headers["location"], Range="bytes=0-99")
        self.assertEqual((media.status, media.headers["content-type"], media.body[4:8]), (206, "video/mp4", b"ftyp"))

    def test_the_cover_of_an_old_preview_stays_as_long_as_the_video_is_public(self):
        video = self.mara.publish(self.clip, "for a while #cats")
        address = self.local(self.head("/v/" + video["id"]).meta["og:image"])
        for visibility, status in (("only_me", 404), ("everyone", 200)):
            self.mara.call("PATCH", "/videos/" + video["id"], {"visibility": visibility}, expect=200)
            self.assertEqual(self.page(address).status, status, visibility)
        self.mara.call("DELETE", "/videos/" + video["id"], expect=204)
        for path in (address, "/v/" + video["id"], f"/v/{video['id']}/video.mp4"):
            self.assertEqual(self.page(path).status, 404, path)

    def test_what_others_may_not_see_is_as_what_does_not_exist(self):
        def told(path):
            answer = self.page(path)
            kept = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
            return answer.status, kept, answer.body
        nothing = told("/v/0123456789abc")
        self.assertEqual(nothing[0], 404)
        self.assertIn(b'<div id="app">', nothing[2])
        self.assertNotIn(b"og:", nothing[2])
        for video in (self.private, self.followers, self.draft):
            self.assertEqual(told("/v/" + video["id"]), nothing, video["caption"])
            for file in ("cover.jpg", "video.mp4"):
                self.assertEqual(self.page(f"/v/{video['id']}/{file}").status, 404)
            self.assertEqual(self.oembed(f"{self.server.url}/v/{video['id']}").status, 404)
        self.assertEqual(told("/tag/hidden"), nothing)
        self.assertEqual(told("/@nobody.here"), nothing)

    def test_her_own_draft_opens_for_her_and_tells_machines_nothing(self):
        made = Client(self.server).call("POST", "/sessions", {"handle": "mara.k", "password": "correct horse battery"},
                                        expect=201, headers={"X-Filoscope-Client": "web"})
        cookie = re.search(r"filoscope_session=([^;]+)", made.headers["set-cookie"])[0]
        answer = self.page("/v/" + self.draft["id"], Cookie=cookie)
        self.assertEqual(answer.status, 200)
        self.assertNotIn(b"thought", answer.body)
        self.assertIn("Cookie", answer.headers["vary"])

    def test_profiles_and_hashtags(self):
        head = self.head("/@Mara.K")
        self.assertEqual(head.title, "Mara <K> & co (@mara.k) · Filoscope")
        self.assertEqual(self.local(head.links["canonical"]), "/@mara.k")
        self.assertEqual(head.meta["og:type"], "profile")
        self.assertIn("/cover.jpg", head.meta["og:image"])
        head = self.head("/tag/CATS")
        self.assertEqual(head.title, "#cats · Filoscope")
        self.assertEqual(self.local(head.links["canonical"]), "/tag/cats")

    def test_every_page_of_the_app_has_its_title_and_others_are_404(self):
        titles = {path: self.head(path).title for path in ("/", "/search?q=a", "/search/picture", "/inbox", "/me", "/settings", "/upload", "/me/")}
        self.assertEqual(titles["/"], "Filoscope")
        self.assertEqual(titles["/settings"], "Settings · Filoscope")
        self.assertEqual(titles["/me/"], titles["/me"])
        self.assertEqual(titles["/search/picture"], "Search with a picture · Filoscope")
        self.assertEqual(len(set(titles.values())), 7)
        for path in ("/nothing", "/search/other", "/v", "/v/zzz/other", "/tag", "/@", "/me/more", "/v/%00", "/@no.such.png", "/tag/a%2Fb"):
            answer = self.page(path)
            self.assertIn(answer.status, (400, 404), path)
            if answer.status == 404:
                self.assertIn(b'<div id="app">', answer.body, path)
        self.assertEqual(self.page("/assets/none.js").headers["content-type"], "application/problem+json")

    def test_oembed(self):
        url = f"{self.server.url}/v/{self.public['id']}"
        discovered = self.head("/v/" + self.public["id"]).links["application/json+oembed"]
        found = Client(self.server).raw("GET", self.local(discovered)).json
        self.assertEqual((found["version"], found["type"], found["author_name"]), ("1.0", "video", "Mara <K> & co"))
        self.assertEqual(self.local(found["author_url"]), "/@mara.k")
        self.assertEqual(self.page(self.local(found["thumbnail_url"])).status, 200)
        player = Head(found["html"])
        self.assertEqual(player.tags, ["video"])
        small = self.oembed(url, maxwidth=100, maxheight=100, format="json").json
        self.assertEqual((small["width"], small["height"]), (56, 100))
        self.assertNotIn("thumbnail_url", small)
        self.assertIn('width="56"', small["html"])
        self.assertEqual(self.oembed(f"{self.server.url}/@mara.k").json["type"], "link")
        self.assertEqual(self.oembed(f"{self.server.url}/tag/cats").json["type"], "link")
        for wrong in (self.server.url + "/", self.server.url + "/v/0123456789abc", "https://elsewhere.example/v/" + self.public["id"], "nonsense"):
            self.assertEqual(self.oembed(wrong).status, 404, wrong)
        self.assertEqual(self.oembed(url, format="xml").status, 501)
        for wrong in ({"maxwidth": "wide"}, {"maxheight": 0}):
            self.assertEqual(self.oembed(url, **wrong).status, 400, wrong)
        self.assertEqual(Client(self.server).raw("GET", "/api/v1/oembed").status, 400)

    def test_robots_and_sitemaps_list_public_things(self):
        robots = self.page("/robots.txt").body.decode()
        self.assertIn(f"Sitemap: {self.server.url}/sitemap.xml", robots)
        self.assertIn("Disallow: /api/", robots)
        space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
        index = ElementTree.fromstring(self.page("/sitemap.xml").body)
        listed = {}
        for page in index.iter(space + "loc"):
            for url in ElementTree.fromstring(self.page(self.local(page.text)).body).iter(space + "url"):
                listed[self.local(url.find(space + "loc").text)] = url.findtext(space + "lastmod")
        self.assertLessEqual({"/", "/v/" + self.public["id"], "/@mara.k", "/tag/cats"}, set(listed))
        self.assertRegex(listed["/v/" + self.public["id"]], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        for path in listed:
            self.assertEqual(self.page(path).status, 200, path)
        for video in (self.private, self.followers, self.draft):
            self.assertNotIn("/v/" + video["id"], listed)
        for path in ("/sitemap/videos-2.xml", "/sitemap/videos-0.xml", "/sitemap/videos-x.xml", "/sitemap/other.xml", "/sitemap/videos-99999999999999999999.xml"):
            self.assertEqual(self.page(path).status, 404, path)

    def test_addresses_begin_with_the_public_one_and_never_with_a_foreign_host(self):
        other = Server(settings={"api.public_url": "https://clips.example.org"}, arguments=["--web", str(self.web)])
        head = Head(Client(other).raw("GET", "/", headers={"Host": "clips.example.org"}).body.decode())
        self.assertEqual(head.links["canonical"], "https://clips.example.org/")
        other.close()
        self.assertNotIn(b"evil.example", self.page("/v/" + self.public["id"], Host="evil.example").body)

    def test_the_policy_allows_the_pages_own_script_alone(self):
        policy = self.page("/").headers["content-security-policy"]
        self.assertRegex(policy, r"script-src 'self' 'sha256-[A-Za-z0-9+/]{43}=';")
        self.assertNotIn("\n", policy)
