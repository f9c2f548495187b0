// Sends each line of standard input to the daemon: caller SOCKET CONTRACT < payloads.ndjson
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"time"
)

var code = regexp.MustCompile(`^[a-z0-9_.-]+$`)

func main() {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", os.Args[1])
	}}}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 8<<20) // larger than the default maxBytes of a contract
	for lines.Scan() {
		answer, err := client.Post("http://localhost/v1/contracts/"+os.Args[2]+"/process", "application/json", bytes.NewReader(lines.Bytes()))
		if err != nil {
			fmt.Println("- unavailable 0") // reconnects with the next line
			continue
		}
		body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
		answer.Body.Close()
		problem := struct{ Code string }{}
		if answer.StatusCode == 200 {
			problem.Code = "-"
		} else { // only a problem is JSON
			err = cmp.Or(err, json.Unmarshal(body, &problem))
		}
		if err != nil || !code.MatchString(problem.Code) { // not what a daemon sends
			fmt.Println("- unavailable 0")
			continue
		}
		fmt.Println(answer.StatusCode, cmp.Or(answer.Header.Get("Sidelane-Digest"), problem.Code), len(body))
	}
	if err := lines.Err(); err != nil { // a line that is longer, or standard input failed
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
