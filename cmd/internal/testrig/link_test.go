package testrig

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// openEcho opens a link to a server that sends back what it gets.
func openEcho(t *testing.T) *Link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	link, err := OpenLink(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = link.Close() })
	return link
}

type talk struct {
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, l *Link) talk {
	t.Helper()
	conn, err := net.Dial("tcp", l.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return talk{conn, bufio.NewReader(conn)}
}

// say sends a line and waits for it to come back.
func (c talk) say(text string, patience time.Duration) error {
	if _, err := io.WriteString(c, text+"\n"); err != nil {
		return err
	}
	return c.hear(text, patience)
}

func (c talk) hear(text string, patience time.Duration) error {
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	line, err := c.lines.ReadString('\n')
	if err == nil && line != text+"\n" {
		err = errors.New("heard " + line)
	}
	return err
}

func TestALinkDeliversWhatItHeldOnceItHeals(t *testing.T) {
	for name, held := range map[string]Disturbance{"requests": {HoldRequests: true}, "replies": {HoldReplies: true}} {
		t.Run(name, func(t *testing.T) {
			link := openEcho(t)
			c := dial(t, link)
			if err := c.say("one", 10*time.Second); err != nil {
				t.Fatal(err)
			}
			link.Disturb(held)
			if err := c.say("two", 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("held, and yet: %v", err)
			}
			link.Disturb(Disturbance{})
			if err := c.hear("two", 10*time.Second); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestALinkThatRefusesEndsOldConnectionsAndNewOnes(t *testing.T) {
	link := openEcho(t)
	old := dial(t, link)
	if err := old.say("one", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	link.Disturb(Disturbance{Refuse: true})
	for name, c := range map[string]talk{"old": old, "new": dial(t, link)} {
		if err := c.say("two", 10*time.Second); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the %s connection: %v", name, err)
		}
	}
	link.Disturb(Disturbance{})
	if err := dial(t, link).say("three", 10*time.Second); err != nil {
		t.Error(err)
	}
}

func TestALinkDelaysAndEndsConnections(t *testing.T) {
	link := openEcho(t)
	link.Disturb(Disturbance{Delay: 30 * time.Millisecond})
	began := time.Now()
	if err := dial(t, link).say("one", 10*time.Second); err != nil || time.Since(began) < 60*time.Millisecond {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	link.Disturb(Disturbance{Lifetime: 100 * time.Millisecond})
	c := dial(t, link)
	if err := c.hear("nothing", 10*time.Second); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection lives on: %v", err)
	}
}

func TestALinkToNobodyEndsConnections(t *testing.T) {
	link, err := OpenLink(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, link)
	if err := c.say("one", 10*time.Second); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("somebody answers: %v", err)
	}
	if err := link.Close(); err != nil {
		t.Error(err)
	}
}
