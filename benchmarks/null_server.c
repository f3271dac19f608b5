/* An S3 endpoint that costs next to nothing: a thread per connection.
 *
 * Every object below /source is there; how long it is, its name says (o-<bytes>). What
 * is read comes from one file in memory, by sendfile; what is written is dropped by the
 * kernel, uncopied. Over TLS both pass OpenSSL, and nothing else. Beyond that it knows
 * just enough of S3 for a client to put an object, whole or in parts, and then find it.
 *
 * null_server [CERTIFICATE KEY]     writes its port, and serves until it is killed.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_BYTES = 64 << 20, HEAD_BYTES = 16 << 10, BLOCK_BYTES = 256 << 10 };
/* Not an MD5: nobody is to compare it with one. */
#define ETAG "\"00000000000000000000000000000000-1\""

struct connection {
    int socket;
    SSL *tls;
    size_t have;
    char head[HEAD_BYTES + 1];
    char block[BLOCK_BYTES];
};

static int file;
static const char *bytes;
static SSL_CTX *context;

/* What was written last, so that it can be asked for. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last_path[2048];
static long last_bytes, pending_bytes;

static ssize_t receive(struct connection *c, void *into, size_t most) {
    if (c->tls) return SSL_read(c->tls, into, (int)most);
    return recv(c->socket, into, most, 0);
}

static int send_all(struct connection *c, const char *from, size_t left, int flags) {
    while (left) {
        ssize_t sent = c->tls ? SSL_write(c->tls, from, (int)left)
                              : send(c->socket, from, left, flags | MSG_NOSIGNAL);
        if (sent <= 0) return -1;
        from += sent;
        left -= (size_t)sent;
    }
    return 0;
}

static int send_file(struct connection *c, long at, long left) {
    while (left > 0) {
        off_t from = at % FILE_BYTES;
        long size = FILE_BYTES - from < left ? FILE_BYTES - from : left;
        long sent = size;
        if (!c->tls) sent = sendfile(c->socket, file, &from, (size_t)size);
        else if (send_all(c, bytes + from, (size_t)size, 0)) return -1;
        if (sent <= 0) return -1;
        at += sent;
        left -= sent;
    }
    return 0;
}

static int drop(struct connection *c, long left) {
    while (left > 0) {
        size_t size = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
        if (!c->tls) size = left < 4 << 20 ? (size_t)left : 4 << 20;
        ssize_t got = c->tls ? SSL_read(c->tls, c->block, (int)size)
                             : recv(c->socket, NULL, size, MSG_TRUNC);
        if (got <= 0) return -1;
        left -= got;
    }
    return 0;
}

static int answer(struct connection *c, const char *status, const char *body) {
    char head[4096];
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 %s\r\nETag: " ETAG
                        "\r\nContent-Type: application/xml\r\n"
                        "Content-Length: %zu\r\n\r\n%s",
                        status, strlen(body), body);
    return send_all(c, head, (size_t)size, 0);
}

static const char *header(const char *head, const char *name) {
    const char *found = strcasestr(head, name);
    return found ? found + strlen(name) : NULL;
}

static int give(struct connection *c, const char *path, int with_body) {
    const char *named = strncmp(path, "/source/", 8) ? NULL : strstr(path, "/o-");
    long size = named ? atol(named + 3) : -1;
    pthread_mutex_lock(&lock);
    if (!strcmp(path, last_path)) size = last_bytes;
    pthread_mutex_unlock(&lock);
    if (size < 0) {
        const char *missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        return send_all(c, missing, strlen(missing), 0);
    }
    long first = 0, last = size - 1;
    const char *range = header(c->head, "\r\nrange: bytes=");
    if (range) sscanf(range, "%ld-%ld", &first, &last);
    char head[1024], span[128] = "";
    if (range)
        snprintf(span, sizeof span, "Content-Range: bytes %ld-%ld/%ld\r\n", first, last,
                 size);
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nETag: " ETAG
                          "\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                          "Accept-Ranges: bytes\r\n%sContent-Length: %ld\r\n\r\n",
                          range ? "206 Partial Content" : "200 OK", span,
                          last - first + 1);
    if (send_all(c, head, (size_t)length, with_body ? MSG_MORE : 0)) return -1;
    return with_body ? send_file(c, first, last - first + 1) : 0;
}

static void remember(const char *path, long size) {
    pthread_mutex_lock(&lock);
    snprintf(last_path, sizeof last_path, "%s", path);
    last_bytes = size;
    pthread_mutex_unlock(&lock);
}

static int begin_upload(struct connection *c) {
    __sync_lock_test_and_set(&pending_bytes, 0);
    return answer(c, "200 OK",
                  "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
                  "<UploadId>u</UploadId></InitiateMultipartUploadResult>");
}

static int end_upload(struct connection *c, const char *path) {
    remember(path, pending_bytes);
    return answer(c, "200 OK",
                  "<CompleteMultipartUploadResult><Location>l</Location>"
                  "<Bucket>b</Bucket><Key>k</Key><ETag>" ETAG
                  "</ETag></CompleteMultipartUploadResult>");
}

/* One request; its body's first `early` bytes are there already. */
static int serve(struct connection *c, long early) {
    char method[16], path[2048];
    if (sscanf(c->head, "%15s %2047s", method, path) != 2) return -1;
    char *query = strchr(path, '?');
    if (query) *query++ = 0;
    else query = "";
    const char *told = header(c->head, "\r\ncontent-length:");
    long length = told ? atol(told) : 0;
    if (header(c->head, "\r\nexpect:")) {
        const char *go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        if (send_all(c, go_on, strlen(go_on), 0)) return -1;
    }
    if (drop(c, length - early)) return -1;
    if (!strcmp(method, "GET")) return give(c, path, 1);
    if (!strcmp(method, "HEAD")) return give(c, path, 0);
    if (!strcmp(method, "POST"))
        return strstr(query, "uploads") ? begin_upload(c) : end_upload(c, path);
    if (strstr(query, "partNumber")) __sync_fetch_and_add(&pending_bytes, length);
    else remember(path, length);
    return answer(c, "200 OK", "");
}

static void *converse(void *given) {
    struct connection *c = given;
    int yes = 1;
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (context) {
        c->tls = SSL_new(context);
        SSL_set_fd(c->tls, c->socket);
        if (SSL_accept(c->tls) <= 0) goto gone;
    }
    for (;;) {
        char *end;
        c->head[c->have] = 0;
        while (!(end = strstr(c->head, "\r\n\r\n"))) {
            ssize_t got = receive(c, c->head + c->have, HEAD_BYTES - c->have);
            if (got <= 0) goto gone;
            c->have += (size_t)got;
            c->head[c->have] = 0;
        }
        /* A client sends its next request when it has this one's answer. */
        long early = (long)(c->head + c->have - end - 4);
        end[2] = 0;
        c->have = 0;
        if (serve(c, early)) break;
    }
gone:
    if (c->tls) SSL_free(c->tls);
    close(c->socket);
    free(c);
    return NULL;
}

static SSL_CTX *tls_of(const char *certificate, const char *key) {
    SSL_CTX *made = SSL_CTX_new(TLS_server_method());
    /* The same for every client, and what S3 itself prefers. */
    SSL_CTX_set_ciphersuites(made, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
    SSL_CTX_set_mode(made, SSL_MODE_AUTO_RETRY);
    if (SSL_CTX_use_certificate_chain_file(made, certificate) != 1) exit(1);
    if (SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) != 1) exit(1);
    return made;
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    if (count > 2) context = tls_of(arguments[1], arguments[2]);
    file = memfd_create("object", 0);
    if (ftruncate(file, FILE_BYTES)) return 1;
    char *made = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    for (long at = 0; at < FILE_BYTES; at++) made[at] = (char)(at * 2654435761u >> 13);
    bytes = made;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    if (bind(listening, (void *)&here, sizeof here) || listen(listening, 512)) return 1;
    getsockname(listening, (void *)&here, &size);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    for (;;) {
        int found = accept(listening, NULL, NULL);
        if (found < 0) continue;
        struct connection *c = calloc(1, sizeof *c);
        c->socket = found;
        pthread_t thread;
        pthread_create(&thread, NULL, converse, c);
        pthread_detach(thread);
    }
}
