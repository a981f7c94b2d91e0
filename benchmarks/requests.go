//go:build linux

package main

import (
	"bytes"
	"fmt"
)

var (
	plainRequest   = []byte("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	largeRequest   = []byte("GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	browserRequest = []byte("GET /articles/2021/11/a-long-title-with-words?page=2&order=newest HTTP/1.1\r\n" +
		"Host: www.example.test\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:94.0) Gecko/20100101 Firefox/94.0\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
		"Accept-Language: en-US,en;q=0.7,de;q=0.3\r\n" +
		"Accept-Encoding: gzip, deflate, br\r\n" +
		"Referer: https://www.example.test/articles/2021/11/\r\n" +
		"Connection: keep-alive\r\n" +
		"Cookie: session=0123456789abcdef0123456789abcdef0123456789abcdef; theme=dark; consent=1; region=eu-west-1\r\n" +
		"Upgrade-Insecure-Requests: 1\r\n" +
		"Sec-Fetch-Dest: document\r\n" +
		"If-None-Match: \"5f3e0c9a7b6d4e21a0b1c2d3e4f50617\"\r\n" +
		"Cache-Control: max-age=0\r\n\r\n")
	echoRequest = chunkedRequest()
)

// chunkedRequest uploads 1 MiB in chunks of 16 KiB.
func chunkedRequest() []byte {
	var request bytes.Buffer
	request.WriteString("POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n")
	const size = 16 << 10
	for sent := 0; sent < len(large); sent += size {
		fmt.Fprintf(&request, "%x\r\n%s\r\n", size, large[sent:sent+size])
	}
	request.WriteString("0\r\n\r\n")
	return request.Bytes()
}
