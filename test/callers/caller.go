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
)

func main() {
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
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
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		var problem struct{ Code string }
		json.Unmarshal(body, &problem) // only a problem is JSON
		fmt.Println(answer.StatusCode, cmp.Or(answer.Header.Get("Sidelane-Digest"), problem.Code), len(body))
	}
}
