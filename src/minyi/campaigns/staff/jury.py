# SPDX-License-Identifier: Apache-2.0
viewsets: list = []
urls: list = []
policies: list = []
