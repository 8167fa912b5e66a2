// ReplKit
