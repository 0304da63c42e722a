// SPDX-License-Identifier: Apache-2.0

// Verify a log with the Go project's checksum-database packages, which share no code with ours.
//
//	GO111MODULE=off go run verify.go <folder> <vkey> [receipt...]
//
// Everything is recomputed from the entries. The packages' own tile reader is not used: it
// leaves tiles unproven (CVE-2026-56865), and its paths are not those of C2SP tlog-tiles.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

type head struct {
	size int64
	root tlog.Hash
}

// stored keeps all hashes of the tree in the packages' own order.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("hash %d is not in the tree", index)
		}
		hashes[i] = s[index]
	}
	return hashes, nil
}

func main() {
	if len(os.Args) < 3 {
		fail("usage: verify <folder> <vkey> [receipt...]")
	}
	folder := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err, "vkey")
	newest := openHead(read(folder, "checkpoint"), verifier)
	tree := grow(folder, newest.size)
	root, err := tlog.TreeHash(newest.size, tree)
	check(err, "tree")
	if newest.size > 0 && root != newest.root {
		fail("the entries do not have the signed root")
	}
	tiles := compareTiles(folder, newest.size, tree)
	past := comparePast(folder, newest, tree, verifier)
	for _, path := range os.Args[3:] {
		checkReceipt(path, verifier)
	}
	fmt.Printf("size %d tiles %d past %d receipts %d\n", newest.size, tiles, past, len(os.Args)-3)
}

func openHead(raw []byte, verifier note.Verifier) head {
	opened, err := note.Open(raw, note.VerifierList(verifier))
	check(err, "checkpoint")
	rows := strings.Split(opened.Text, "\n")
	if len(rows) < 4 || rows[0] != verifier.Name() {
		fail("the checkpoint is malformed or of another log")
	}
	size, err := strconv.ParseInt(rows[1], 10, 64)
	check(err, "size")
	root, err := tlog.ParseHash(rows[2])
	check(err, "root")
	return head{size, root}
}

func grow(folder string, size int64) stored {
	var tree stored
	for first := int64(0); first < size; first += width {
		wide := min(width, size-first)
		raw := read(folder, "tile/entries/"+name(first/width, wide))
		for n := first; n < first+wide; n++ {
			if len(raw) < 2 || len(raw) < 2+int(binary.BigEndian.Uint16(raw)) {
				fail("a bundle is truncated")
			}
			end := 2 + int(binary.BigEndian.Uint16(raw))
			hashes, err := tlog.StoredHashesForRecordHash(n, tlog.RecordHash(raw[2:end]), tree)
			check(err, "entry")
			tree = append(tree, hashes...)
			raw = raw[end:]
		}
		if len(raw) != 0 {
			fail("a bundle is too long")
		}
	}
	return tree
}

func compareTiles(folder string, size int64, tree stored) int {
	tiles := 0
	for level, hashes := 0, size; hashes > 0; level, hashes = level+1, hashes/width {
		for first := int64(0); first < hashes; first += width {
			wide := min(width, hashes-first)
			var want []byte
			for n := first; n < first+wide; n++ {
				hash := tree[tlog.StoredHashIndex(8*level, n)]
				want = append(want, hash[:]...)
			}
			path := fmt.Sprintf("tile/%d/%s", level, name(first/width, wide))
			if !bytes.Equal(read(folder, path), want) {
				fail(path + " differs")
			}
			tiles++
		}
	}
	return tiles
}

func comparePast(folder string, newest head, tree stored, verifier note.Verifier) int {
	paths, err := filepath.Glob(filepath.Join(folder, "checkpoints", "*"))
	check(err, "checkpoints")
	for _, path := range paths {
		past := openHead(read("", path), verifier)
		if past.size == 0 || past.size > newest.size {
			continue
		}
		proof, err := tlog.ProveTree(newest.size, past.size, tree)
		check(err, "consistency")
		check(tlog.CheckTree(proof, newest.size, newest.root, past.size, past.root), path)
	}
	return len(paths)
}

func checkReceipt(path string, verifier note.Verifier) {
	top, checkpoint, _ := strings.Cut(string(read("", path)), "\n\n")
	signed := openHead([]byte(checkpoint), verifier)
	rows := strings.Split(top, "\n")
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(rows[1], "extra "))
	check(err, "extra")
	index, err := strconv.ParseInt(strings.TrimPrefix(rows[2], "index "), 10, 64)
	check(err, "index")
	var proof tlog.RecordProof
	for _, row := range rows[3:] {
		hash, err := tlog.ParseHash(row)
		check(err, "hash")
		proof = append(proof, hash)
	}
	leaf := tlog.RecordHash(entry)
	check(tlog.CheckRecord(proof, signed.size, signed.root, index, leaf), path)
}

func name(number, wide int64) string {
	path := fmt.Sprintf("%03d", number%1000)
	for number /= 1000; number > 0; number /= 1000 {
		path = fmt.Sprintf("x%03d/%s", number%1000, path)
	}
	if wide < width {
		path += fmt.Sprintf(".p/%d", wide)
	}
	return path
}

func read(folder, path string) []byte {
	raw, err := os.ReadFile(filepath.Join(folder, path))
	check(err, path)
	return raw
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func check(err error, what string) {
	if err != nil {
		fail(what + ": " + err.Error())
	}
}

func fail(words string) {
	fmt.Fprintln(os.Stderr, words)
	os.Exit(1)
}
