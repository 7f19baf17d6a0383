package db

import (
	"database/sql/driver"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5/pgtype"
)

// plain turns arguments into the few types that both drivers treat alike. Named
// types lose their name, so that a String method (often a mask) never decides
// what is stored.
func plain(args []any) ([]any, error) {
	var out []any
	for i, a := range args {
		switch a.(type) {
		case nil, int64, string, []byte, bool, float64, pgtype.FlatArray[pgtype.Int8], pgtype.FlatArray[pgtype.Text], pgtype.FlatArray[[]byte]:
			continue
		}
		v, err := plainOne(a)
		if err != nil {
			return nil, fmt.Errorf("db: argument $%d: %w", i+1, err)
		}
		if out == nil {
			out = append([]any(nil), args...)
		}
		out[i] = v
	}
	if out == nil {
		return args, nil
	}
	return out, nil
}

func plainOne(a any) (any, error) {
	if v, ok := a.(driver.Valuer); ok {
		return v.Value()
	}
	v := reflect.ValueOf(a)
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		return plainOne(v.Elem().Interface())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(v.Uint()), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if v.IsNil() {
				return nil, nil
			}
			return v.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("%T is not stored by either engine; store an integer, a string, a bool or bytes", a)
}
